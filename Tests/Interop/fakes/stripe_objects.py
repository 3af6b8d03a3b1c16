"""Stripe's objects, forms and lists, as far as payments need them. Field names and shapes: the fixtures of
github.com/stripe/openapi (openapi/fixtures3.json) and https://docs.stripe.com/api."""

import copy
import re
import time
from urllib.parse import parse_qsl


def parse_form(text):
    """`a[b][]=1` and the like, nested: https://docs.stripe.com/api (requests are form-encoded)."""
    root = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        path = [part for part in re.split(r"[\[\]]+", key)]
        if path[-1] == "" and key.endswith("]") and not key.endswith("[]"):
            path.pop()
        place = root
        for part, following in zip(path, path[1:]):
            place = place.setdefault(part, {})
        last = path[-1]
        place[str(len(place)) if last == "" else last] = value
    return root


def values(node):
    """A list in a form comes as `[]`, `[0]`, or by itself."""
    return list(node.values()) if isinstance(node, dict) else [] if node is None else [node]


def payment_intent(id, amount, currency, metadata, capture_method, payment_method, description):
    return {
        "id": id, "object": "payment_intent", "amount": amount, "amount_capturable": 0, "amount_received": 0,
        "amount_details": {"tip": {}}, "application": None, "application_fee_amount": None,
        "automatic_payment_methods": None, "canceled_at": None, "cancellation_reason": None,
        "capture_method": capture_method, "client_secret": f"{id}_secret_x", "confirmation_method": "automatic",
        "created": int(time.time()), "currency": currency, "customer": None, "description": description,
        "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": metadata,
        "next_action": None, "on_behalf_of": None, "payment_method": payment_method,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"], "processing": None, "receipt_email": None, "review": None,
        "setup_future_usage": None, "shipping": None, "source": None, "statement_descriptor": None,
        "statement_descriptor_suffix": None, "status": "requires_confirmation", "transfer_data": None,
        "transfer_group": None,
    }  # fmt: skip


def charge(id, intent, captured, failure):
    """A charge is one attempt; declined ones stay, with their failure."""
    return {
        "id": id, "object": "charge", "amount": intent["amount"],
        "amount_captured": intent["amount"] if captured else 0, "amount_refunded": 0, "balance_transaction": None,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None}, "captured": captured,
        "created": int(time.time()), "currency": intent["currency"], "customer": None, "description": None,
        "disputed": False, "failure_balance_transaction": None, "failure_code": failure,
        "failure_message": failure and "Your card was declined.", "fraud_details": {}, "livemode": False,
        "metadata": dict(intent["metadata"]), "outcome": None, "paid": failure is None,
        "payment_intent": intent["id"], "payment_method": intent["payment_method"],
        "payment_method_details": {"card": {"brand": "visa", "last4": "4242"}, "type": "card"},
        "receipt_email": None, "refunded": False, "review": None, "shipping": None,
        "status": "failed" if failure else "succeeded",
    }  # fmt: skip


def refund(id, of, amount, reason, metadata, status):
    return {
        "id": id, "object": "refund", "amount": amount, "balance_transaction": None, "charge": of["id"],
        "created": int(time.time()), "currency": of["currency"], "destination_details": None,
        "failure_balance_transaction": None, "failure_reason": None, "metadata": metadata,
        "payment_intent": of["payment_intent"], "reason": reason, "receipt_number": None,
        "source_transfer_reversal": None, "status": status, "transfer_reversal": None,
    }  # fmt: skip


def dispute(id, of, amount):
    return {
        "id": id, "object": "dispute", "amount": amount, "balance_transactions": [], "charge": of["id"],
        "created": int(time.time()), "currency": of["currency"], "evidence": {}, "evidence_details": {},
        "is_charge_refundable": False, "livemode": False, "metadata": {}, "payment_intent": of["payment_intent"],
        "reason": "fraudulent", "status": "needs_response",
    }  # fmt: skip


def balance_transaction(id, type, amount, currency, source, fee=0):
    return {
        "id": id, "object": "balance_transaction", "amount": amount, "available_on": int(time.time()) + 86400,
        "created": int(time.time()), "currency": currency, "description": None, "exchange_rate": None, "fee": fee,
        "fee_details": [], "net": amount - fee, "reporting_category": {"adjustment": "dispute"}.get(type, type),
        "source": source, "status": "pending", "type": type,
    }  # fmt: skip


def error(type, message, code=None, param=None, **more):
    body = {"type": type, "message": message}
    body |= {name: value for name, value in [("code", code), ("param", param)] if value is not None}
    return {"error": body | more}


def expanded(object, paths, objects):
    """https://docs.stripe.com/api/expanding_objects: ids at these paths become what they stand for."""
    object = copy.deepcopy(object)
    for path in paths:
        _expand(object, path.split("."), objects)
    return object


def _expand(node, path, objects):
    if isinstance(node, list):
        for item in node:
            _expand(item, path, objects)
        return
    if not isinstance(node, dict) or not path:
        return
    name, *rest = path
    if name == "refunds" and node.get("object") == "charge" and "refunds" not in node:
        found = [copy.deepcopy(o) for o in objects.values() if o["object"] == "refund" and o["charge"] == node["id"]]
        node["refunds"] = {"object": "list", "data": found[::-1], "has_more": False, "url": ""}
    value = node.get(name)
    if isinstance(value, str) and value in objects:
        node[name] = copy.deepcopy(objects[value])
    _expand(node[name]["data"] if name == "refunds" else node.get(name), rest, objects)


CLAUSE = re.compile(r"""(\w+)(?:\[["'](\w+)["']\])?\s*(:|<=|>=|<|>)\s*["']?([^"']*)["']?""")
COMPARE = {":": lambda a, b: str(a) == b, "<": lambda a, b: a < int(b), ">": lambda a, b: a > int(b),
           "<=": lambda a, b: a <= int(b), ">=": lambda a, b: a >= int(b)}  # fmt: skip


def condition(query):
    """https://docs.stripe.com/search: the clauses that are used here, joined by AND; `None` if it is not understood."""
    clauses = [CLAUSE.fullmatch(clause.strip()) for clause in re.split(r"\s+AND\s+", query)]
    if not all(clauses):
        return None

    def holds(object):
        for clause in clauses:
            field, key, operator, wanted = clause.groups()
            value = object.get(field, {}).get(key) if key else object.get(field)
            if value is None or not COMPARE[operator](value, wanted):
                return False
        return True

    return holds
