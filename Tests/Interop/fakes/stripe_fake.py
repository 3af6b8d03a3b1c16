"""Stripe by its documents: PaymentIntents, refunds, disputes, balance transactions, events and webhooks.

Sources: https://docs.stripe.com/api (A), /payments/paymentintents/lifecycle (L), /api/idempotent_requests (I),
/error-low-level (E), /refunds (R), /disputes/how-disputes-work (D), /webhooks (W), /search (S), /api/pagination (P)."""

import base64
import hashlib
import hmac
import itertools
import json
import time
from collections import Counter, defaultdict

from fakes import stripe_objects as objects
from fakes.callbacks import Callback
from fakes.fake import Answer, Fake

KEY, WEBHOOK_SECRET = "sk_test_fake_stripe", "whsec_fake_stripe"
# R: a refund needs days; here seconds.
REFUND_TIME = (1, 5)
# S: "searchable in less than a minute", not at once.
SEARCH_LAG = 3
# A: what `POST /v1/payment_intents` and `POST /v1/refunds` know; other parameters are `parameter_unknown`.
INTENT_PARAMETERS = set(
    "amount currency automatic_payment_methods capture_method confirm confirmation_method confirmation_token customer "
    "description error_on_requires_action expand mandate mandate_data metadata off_session payment_method "
    "payment_method_configuration payment_method_data payment_method_options payment_method_types radar_options "
    "receipt_email return_url setup_future_usage shipping statement_descriptor statement_descriptor_suffix "
    "use_stripe_sdk".split()
)
REFUND_PARAMETERS = set("amount charge payment_intent metadata reason expand instructions_email origin".split())
# L: from these a PaymentIntent can be cancelled.
CANCELABLE = [
    "requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing",
]  # fmt: skip


class Refusal(Exception):
    def __init__(self, status, *error, is_stored=True, **more):
        self.answer = Answer(status, objects.error(*error, **more))
        self.is_stored = is_stored


class Stripe(Fake):
    def __init__(self, chaos=None, key=KEY, webhook_secret=WEBHOOK_SECRET):
        self.key, self.webhook_secret = key, webhook_secret
        self.objects, self.kinds, self.keys = {}, defaultdict(list), {}
        self.charges = {}
        """The last that was captured, by order."""
        self._numbers = itertools.count(1)
        self._counts = Counter()
        super().__init__(chaos)

    def new_id(self, prefix):
        return f"{prefix}_{next(self._numbers):024d}"

    def keep(self, object):
        self.objects[object["id"]] = object
        self.kinds[object["object"]].append(object)

    def count(self, *about):
        """0 at first: tells apart what happens to one order again and again."""
        self._counts[about] += 1
        return self._counts[about] - 1

    # How it fails.

    def identity(self, request, body):
        steps = request.path.split("/")
        name = " ".join([request.method, *(step for step in steps[2:] if "_0" not in step)])
        return name, request.path_qs if request.method == "GET" else request.headers.get("Idempotency-Key", body)

    def error(self):
        # E: "treat the result of a 500 request as indeterminate".
        return Answer(500, objects.error("api_error", "An unknown error occurred"))

    def limited(self):
        # E: the rate limiter runs before the idempotency layer, so nothing is saved.
        return Answer(429, objects.error("rate_limit_error", "Request rate limit exceeded.", "rate_limit"))

    def conflict(self):
        # A (errors): 409, "the request conflicts with another request (perhaps due to using the same idempotent key)".
        text = "This object cannot be accessed right now because another API request is currently accessing it."
        return Answer(409, objects.error("invalid_request_error", text, "lock_timeout"))

    def stored(self, request, body, answer):
        # I: the status code and body of the first request made with a key are saved, including 500 errors.
        key = request.headers.get("Idempotency-Key")
        if key and key not in self.keys and self._is_known(request):
            self.keys[key] = (self._fingerprint(request, body), answer)
        elif key in self.keys:
            return self._replay(request, body)
        return answer

    def _is_known(self, request):
        scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
        if scheme == "Basic":
            credentials = base64.b64decode(credentials).decode().split(":")[0]
        return credentials == self.key

    @staticmethod
    def _fingerprint(request, body):
        return request.method, request.path, body

    def _replay(self, request, body):
        fingerprint, answer = self.keys[request.headers["Idempotency-Key"]]
        if fingerprint != self._fingerprint(request, body):
            # I: "compares incoming parameters to those of the original request and errors if they're not the same".
            text = "Keys for idempotent requests can only be used with the same parameters they were first used with."
            return Answer(400, objects.error("idempotency_error", text))
        return Answer(answer.status, answer.body, {**answer.headers, "Idempotent-Replayed": "true"})

    def perform(self, request, body, said_instead):
        if not self._is_known(request):
            return Answer(401, objects.error("invalid_request_error", "Invalid API Key provided"))
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key in self.keys:
            return self._replay(request, body)
        form = objects.parse_form(request.query_string if request.method == "GET" else body.decode())
        is_stored = True
        try:
            result = self._route(request.method, request.path.removeprefix("/v1/").split("/"), form)
            expand = objects.values(form.get("expand"))
            answer = Answer(200, objects.expanded(result, expand, self.objects))
        except Refusal as refusal:
            answer, is_stored = refusal.answer, refusal.is_stored
        if said_instead and answer.status < 500:
            answer = said_instead
        # I: nothing is saved "if incoming parameters fail validation".
        if key and is_stored:
            self.keys[key] = (self._fingerprint(request, body), answer)
        return answer

    def _route(self, method, path, form):
        match method, *path:
            case "POST", "payment_intents":
                return self.create_intent(form)
            case "POST", "payment_intents", id, "capture":
                return self.capture(self.find("payment_intent", id), form)
            case "POST", "payment_intents", id, "cancel":
                return self.cancel(self.find("payment_intent", id), form.get("cancellation_reason"))
            case "POST", "refunds":
                return self.create_refund(form)
            case "GET", "payment_intents" | "charges" as kind, "search":
                return self.search(kind[:-1], form)
            case "GET", "payment_intents" | "charges" | "refunds" | "balance_transactions" | "disputes" as kind:
                return self.list(kind[:-1], form, f"/v1/{kind}")
            case "GET", "events":
                return self.list_events(form)
            case "GET", "payment_intents" | "charges" | "refunds" | "balance_transactions" | "disputes" as kind, id:
                return self.find(kind[:-1], id)
        raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({method}: /v1/{'/'.join(path)}).")

    # Reading.

    def find(self, kind, id):
        object = self.objects.get(id)
        if object is None or object["object"] != kind:
            raise Refusal(404, "invalid_request_error", f"No such {kind}: '{id}'", "resource_missing", "id")
        return object

    def list(self, kind, form, url):
        return self._page(self.kinds[kind], form, url, lambda object: self._fits(object, form))

    @staticmethod
    def _fits(object, form):
        for name in ("payment_intent", "charge", "customer", "type", "source", "status"):
            if name in form and object.get(name) != form[name]:
                return False
        created = form.get("created")
        if isinstance(created, dict):
            compare = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
            return all(compare[name](object["created"], int(value)) for name, value in created.items())
        return created is None or object["created"] == int(created)

    def _page(self, all, form, url, fits):
        # P: newest first, 1 to 100 of them, 10 unless told; cursors are ids.
        limit = int(form.get("limit", 10))
        if not 1 <= limit <= 100:
            raise Refusal(400, "invalid_request_error", "Invalid integer", "parameter_invalid_integer", "limit")
        for name in ("starting_after", "ending_before"):
            if name in form and form[name] not in self.objects:
                text = f"No such object: '{form[name]}'"
                raise Refusal(400, "invalid_request_error", text, "resource_missing", name)
        found, before = [], form.get("ending_before")
        walk = reversed(all)
        if after := form.get("starting_after"):
            walk = itertools.islice(itertools.dropwhile(lambda object: object["id"] != after, walk), 1, None)
        if before:
            walk = itertools.takewhile(lambda object: object["id"] != before, walk)
            found = [object for object in walk if fits(object)]
            return {"object": "list", "data": found[-limit:], "has_more": len(found) > limit, "url": url}
        for object in walk:
            if fits(object):
                found.append(object)
                if len(found) > limit:
                    break
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": url}

    def search(self, kind, form):
        if "query" not in form:
            raise self._missing("query")
        condition = objects.condition(form["query"])
        if condition is None:
            raise Refusal(400, "invalid_request_error", "We were unable to parse your search query.", None, "query")
        # S: "Don't use search for read-after-write flows".
        now = time.time()
        limit, page = int(form.get("limit", 10)), int(form.get("page", 0))
        found = [o for o in self.kinds[kind][::-1] if o["created"] <= now - SEARCH_LAG and condition(o)]
        has_more = len(found) > page + limit
        return {
            "object": "search_result", "data": found[page : page + limit], "has_more": has_more,
            "next_page": str(page + limit) if has_more else None, "url": f"/v1/{kind}s/search",
        }  # fmt: skip

    def list_events(self, form):
        types = objects.values(form.get("types")) or objects.values(form.get("type"))
        query = {name: value for name, value in form.items() if name not in ("type", "types")}
        return self._page(
            self.kinds["event"], form, "/v1/events",
            lambda event: (not types or event["type"] in types) and self._fits(event, query),
        )  # fmt: skip

    # Charging.

    def create_intent(self, form):
        self._known(form, INTENT_PARAMETERS)
        for name in ("amount", "currency"):
            if not form.get(name):
                raise self._missing(name)
        amount = self._amount(form["amount"])
        manual = form.get("capture_method") == "manual"
        intent = objects.payment_intent(
            self.new_id("pi"), amount, form["currency"].lower(), dict(form.get("metadata", {})),
            "manual" if manual else form.get("capture_method", "automatic_async"), form.get("payment_method"),
            form.get("description"),
        )  # fmt: skip
        is_confirmed = form.get("confirm") == "true"
        if is_confirmed and not form.get("payment_method"):
            raise self._missing("payment_method")
        self.keep(intent)
        self.tell("payment_intent.created", intent)
        if is_confirmed:
            self._confirm(intent, form.get("off_session") == "true" or form.get("error_on_requires_action") == "true")
        return intent

    def _confirm(self, intent, must_not_wait):
        about = self.order(intent), self.count("confirmed", self.order(intent))
        chaos = self.chaos
        if chaos.happens("declined", *about):
            self._decline(intent, "card_declined")
            if chaos.happens("revived", *about):
                # L: after a failed attempt the same PaymentIntent can be paid with another payment method.
                self.later(chaos.between(0.5, 4, "revived", *about), self._revive, intent)
            raise self._card_error(intent, "Your card was declined.", "card_declined", decline_code="generic_decline")
        if not chaos.happens("pending", *about):
            return self._succeed(intent)
        if must_not_wait:
            # A (off_session): what would need the buyer fails with authentication_required.
            self._decline(intent, "authentication_required")
            raise self._card_error(intent, "Your card was declined.", "authentication_required")
        # L: requires_action while the buyer authenticates, processing while the bank decides.
        intent["status"] = chaos.one_of(["requires_action", "processing"], "pending as", *about)
        if intent["status"] == "requires_action":
            intent["next_action"] = {"type": "use_stripe_sdk", "use_stripe_sdk": {}}
            self.tell("payment_intent.requires_action", intent)
            if chaos.happens("abandoned", *about):
                return
        else:
            self.tell("payment_intent.processing", intent)
        decide = self._fail_later if chaos.draw("decision", *about) < 0.3 else self._revive
        self.later(chaos.between(0.5, 5, "decision in", *about), decide, intent)

    def _revive(self, intent):
        if intent["status"] in ("requires_action", "processing", "requires_payment_method"):
            self._succeed(intent)

    def _fail_later(self, intent):
        if intent["status"] in ("requires_action", "processing"):
            self._decline(intent, "payment_intent_authentication_failure")

    def _succeed(self, intent):
        manual = intent["capture_method"] == "manual"
        charge = objects.charge(self.new_id("ch"), intent, not manual, None)
        self.keep(charge)
        intent |= {"latest_charge": charge["id"], "next_action": None, "last_payment_error": None}
        if manual:
            intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
            return self.tell("payment_intent.amount_capturable_updated", intent)
        self._take(intent, charge, intent["amount"])

    def _take(self, intent, charge, amount):
        charge |= {"captured": True, "amount_captured": amount}
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        fee = 30 + amount * 29 // 1000
        charge["balance_transaction"] = self._book("charge", amount, charge, charge["id"], fee)
        self.charges[self.order(intent)] = charge["id"]
        self.truth.move(self.order(intent), intent["id"], "capture", amount)
        self.tell("charge.succeeded" if intent["capture_method"] != "manual" else "charge.captured", charge)
        self.tell("payment_intent.succeeded", intent)

    def _decline(self, intent, code):
        charge = objects.charge(self.new_id("ch"), intent, False, "card_declined")
        self.keep(charge)
        # L: a declined payment goes back to requires_payment_method, with last_payment_error.
        intent |= {
            "status": "requires_payment_method", "latest_charge": charge["id"], "next_action": None,
            "last_payment_error": {
                "charge": charge["id"], "code": code, "message": "Your card was declined.", "type": "card_error",
                "decline_code": "generic_decline", "payment_method": {"id": intent["payment_method"]},
            },
        }  # fmt: skip
        self.tell("charge.failed", charge)
        self.tell("payment_intent.payment_failed", intent)

    def capture(self, intent, form):
        if intent["status"] != "requires_capture":
            raise self._unexpected(intent, "captured")
        amount = self._amount(form.get("amount_to_capture", intent["amount_capturable"]))
        if amount > intent["amount_capturable"]:
            raise Refusal(400, "invalid_request_error", "The amount is too large.", "amount_too_large",
                          "amount_to_capture")  # fmt: skip
        self._take(intent, self.objects[intent["latest_charge"]], amount)
        return intent

    def cancel(self, intent, reason=None):
        if intent["status"] not in CANCELABLE:
            raise self._unexpected(intent, "canceled")
        intent |= {
            "status": "canceled", "canceled_at": int(time.time()), "cancellation_reason": reason,
            "amount_capturable": 0, "next_action": None,
        }  # fmt: skip
        self.tell("payment_intent.canceled", intent)
        return intent

    # Giving back.

    def create_refund(self, form):
        self._known(form, REFUND_PARAMETERS)
        charge = self._charge_to_refund(form)
        left = charge["amount_captured"] - charge["amount_refunded"]
        amount = self._amount(form.get("amount", left)) if left or "amount" in form else 0
        if left == 0:
            text = f"Charge {charge['id']} has already been refunded."
            raise Refusal(400, "invalid_request_error", text, "charge_already_refunded")
        if amount > left:
            text = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
            raise Refusal(400, "invalid_request_error", text, None, "amount")
        if self._is_charged_back(charge):
            # E (codes, charge_disputed): "the charge you're attempting to refund has been charged back".
            raise Refusal(400, "invalid_request_error", "This charge has been charged back.", "charge_disputed")
        return self.refund(charge, amount, dict(form.get("metadata", {})), form.get("reason"))

    def _is_charged_back(self, charge):
        """`disputed` of a charge stays true, also when the shop has won."""
        return any(dispute["charge"] == charge["id"] and dispute["status"] != "won" for dispute in self.kinds["dispute"])

    def _charge_to_refund(self, form):
        if "charge" in form:
            return self.find("charge", form["charge"])
        if "payment_intent" not in form:
            raise Refusal(400, "invalid_request_error", "One of charge or payment_intent must be provided.",
                          "parameter_missing", is_stored=False)  # fmt: skip
        intent = self.find("payment_intent", form["payment_intent"])
        if intent["status"] != "succeeded":
            text = "This PaymentIntent does not have a successful charge to refund."
            raise Refusal(400, "invalid_request_error", text, "payment_intent_unexpected_state")
        return self.find("charge", intent["latest_charge"])

    def refund(self, charge, amount, metadata=None, reason=None, by_shop=True):
        intent = self.objects[charge["payment_intent"]]
        about = self.order(intent), self.count("refunded", self.order(intent)), by_shop
        status = "pending" if self.chaos.happens("refund_pending", *about) else "succeeded"
        refund = objects.refund(self.new_id("re"), charge, amount, reason, metadata or {}, status)
        self.keep(refund)
        # R: the balance is debited when the refund is made, and credited should it fail.
        refund["balance_transaction"] = self._book("refund", -amount, charge, refund["id"])
        self._adjust(charge, amount)
        self.truth.move(self.order(intent), intent["id"], "refund", amount, by_shop)
        self.tell("refund.created", refund)
        self.tell("charge.refunded", charge)
        wait = self.chaos.between(*REFUND_TIME, "refund", *about)
        if self.chaos.happens("refund_fails", *about):
            self.later(wait, self._fail_refund, refund, by_shop)
        elif status == "pending":
            self.later(wait, self._end_refund, refund)
        return refund

    @staticmethod
    def _adjust(charge, by):
        charge["amount_refunded"] += by
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]

    def _end_refund(self, refund):
        refund["status"] = "succeeded"
        self.tell("refund.updated", refund)
        self.tell("charge.refund.updated", refund)

    def _fail_refund(self, refund, by_shop):
        # R: "a refund can fail … up to 30 days later; we return the funds to your balance", `refund.failed`.
        charge = self.objects[refund["charge"]]
        intent = self.objects[refund["payment_intent"]]
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        refund["failure_balance_transaction"] = self._book("refund_failure", refund["amount"], charge, refund["id"])
        self._adjust(charge, -refund["amount"])
        self.truth.move(self.order(intent), intent["id"], "refund failed", refund["amount"], by_shop)
        self.tell("refund.updated", refund)
        self.tell("refund.failed", refund)

    # What somebody does in the dashboard, or the buyer's bank.

    def dashboard_refund(self, order, part=1.0):
        """Without anybody's metadata; gives what was given back, 0 if there was nothing."""
        charge = self.charge_of(order)
        left = charge["amount_captured"] - charge["amount_refunded"] if charge else 0
        amount = max(1, int(left * part)) if left else 0
        if not amount or self._is_charged_back(charge):
            return 0
        self.refund(charge, amount, by_shop=False)
        return amount

    def dispute(self, order, is_won=None):
        """D: the money is withdrawn at once; it comes back only if the shop wins."""
        charge = self.charge_of(order)
        amount = charge["amount_captured"] - charge["amount_refunded"] if charge else 0
        if not amount or charge["disputed"]:
            return 0
        intent = self.objects[charge["payment_intent"]]
        dispute = objects.dispute(self.new_id("dp"), charge, amount)
        self.keep(dispute)
        charge["disputed"] = True
        self._withdraw(dispute, charge, -amount)
        self.truth.move(self.order(intent), intent["id"], "chargeback", amount, by_shop=False)
        self.tell("charge.dispute.created", dispute)
        self.tell("charge.dispute.funds_withdrawn", dispute)
        if is_won is not None:
            self.later(self.chaos.between(1, 3, "dispute", order), self._close, dispute, is_won)
        return amount

    def _withdraw(self, dispute, charge, amount):
        id = self._book("adjustment", amount, charge, dispute["id"])
        dispute["balance_transactions"].append(dict(self.objects[id]))

    def _close(self, dispute, is_won):
        charge = self.objects[dispute["charge"]]
        dispute["status"] = "won" if is_won else "lost"
        if is_won:
            self._withdraw(dispute, charge, dispute["amount"])
            intent = self.objects[dispute["payment_intent"]]
            self.truth.move(self.order(intent), intent["id"], "chargeback won", dispute["amount"], by_shop=False)
            self.tell("charge.dispute.funds_reinstated", dispute)
        self.tell("charge.dispute.closed", dispute)

    def charge_of(self, order):
        return self.objects.get(self.charges.get(order))

    # Events.

    def tell(self, type, object):
        event = {
            "id": self.new_id("evt"), "object": "event", "api_version": "2025-03-31.basil",
            "created": int(time.time()), "data": {"object": json.loads(json.dumps(object))}, "livemode": False,
            "pending_webhooks": 1, "request": {"id": None, "idempotency_key": None}, "type": type,
        }  # fmt: skip
        self.keep(event)
        body = json.dumps(event).encode()
        of = object if object["object"] in ("payment_intent", "charge") else self.objects[object["payment_intent"]]
        about = type, self.order(of), self.count(type, self.order(of))
        self.callbacks.send(Callback(about, lambda: self._signed(body), lambda: self._forged(event)))

    def _signed(self, body, secret=None):
        # W: t=timestamp,v1=hex HMAC-SHA256 over "timestamp.body"; a repeated delivery is signed anew.
        at = int(time.time())
        digest = hmac.new((secret or self.webhook_secret).encode(), f"{at}.".encode() + body, hashlib.sha256)
        return {"Stripe-Signature": f"t={at},v1={digest.hexdigest()}"}, body

    def _forged(self, event):
        return self._signed(json.dumps(event | {"id": self.new_id("evt")}).encode(), "whsec_guessed")

    # Small things.

    @staticmethod
    def order(intent):
        return intent["metadata"].get("order_id", intent["id"])

    def _book(self, type, amount, charge, source, fee=0):
        id = self.new_id("txn")
        self.keep(objects.balance_transaction(id, type, amount, charge["currency"], source, fee))
        return id

    @staticmethod
    def _known(form, names):
        for name in form:
            if name not in names:
                text = f"Received unknown parameter: {name}"
                raise Refusal(400, "invalid_request_error", text, "parameter_unknown", name, is_stored=False)

    @staticmethod
    def _missing(name):
        text = f"Missing required param: {name}."
        return Refusal(400, "invalid_request_error", text, "parameter_missing", name, is_stored=False)

    @staticmethod
    def _amount(text):
        if not str(text).isdigit() or int(text) < 1:
            raise Refusal(400, "invalid_request_error", "Invalid positive integer", "parameter_invalid_integer",
                          "amount", is_stored=False)  # fmt: skip
        return int(text)

    @staticmethod
    def _unexpected(intent, done):
        text = f"This PaymentIntent could not be {done} because it has a status of {intent['status']}."
        return Refusal(400, "invalid_request_error", text, "payment_intent_unexpected_state",
                       payment_intent=dict(intent))  # fmt: skip

    @staticmethod
    def _card_error(intent, text, code, **more):
        # A (errors): 402 "The parameters were valid but the request failed", with the PaymentIntent.
        return Refusal(402, "card_error", text, code, charge=intent["latest_charge"], payment_intent=dict(intent),
                       **more)  # fmt: skip
