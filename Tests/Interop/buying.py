"""What buyers and sellers do before an order is there."""

import requests

ADDRESS = {"street": "Jalan Sabang 1", "city": "Jakarta", "country": "ID"}


def made(method, url, body):
    answer = requests.request(method, url, json=body, timeout=10)
    assert answer.ok, f"{method} {url}: {answer.status_code} {answer.text}"
    return answer.json()


def stock(shop, sauce_id, pieces, price=5000):
    """A product with so many pieces at branch 1."""
    made("PUT", shop.url("product", f"/products/{sauce_id}"), {"name": f"Sambal {sauce_id}", "price": price})
    adjust(shop, sauce_id, pieces)


def adjust(shop, sauce_id, change):
    change = {"branchId": 1, "sauceId": sauce_id, "change": change, "reason": "count"}
    made("POST", shop.url("product", "/stocks/adjustments"), change)


def customer(shop, number, has_address=True):
    """Its id."""
    buyer = {"name": f"Buyer {number}", "email": f"buyer{number}@example.org"}
    id = made("POST", shop.url("customer", "/customers"), buyer)["id"]
    if has_address:
        made("POST", shop.url("customer", f"/customers/{id}/addresses"), ADDRESS)
    return id


def cart(shop, customer_id, sauce_id, qty):
    """Its id."""
    content = {"customerId": customer_id, "branchId": 1, "items": [{"sauceId": sauce_id, "qty": qty}]}
    return made("POST", shop.url("cart", "/carts"), content)["id"]


def check_out(shop, cart_id, **headers):
    return requests.post(shop.url("cart", f"/carts/{cart_id}/checkout"), headers=headers, timeout=20)
