"""Snowflake as OAuth provider, for client credentials, refresh tokens and the code flow with PKCE: /oauth/authorize, /oauth/token-request."""

import base64
import hashlib
import secrets
import urllib.parse

from .http import Reply


class OAuth:
    def __init__(self, settings, issued, counters):
        self.settings, self.issued, self.counters = settings, issued, counters

    def authorize(self, request):
        """Answers as if the user had consented: back to the redirect address with a code."""
        query = request.query
        wanted = ("client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method")
        missing = [name for name in wanted if not query.get(name)]
        if missing or query["code_challenge_method"] != "S256" or not query["redirect_uri"].startswith("http://127.0.0.1:"):
            return Reply.of({"error": "invalid_request", "error_description": f"missing {missing} or unfit: {query}"}, 400)
        code = secrets.token_urlsafe(16)
        self.issued["code"][code] = (query["code_challenge"], query["redirect_uri"])
        answer = urllib.parse.urlencode({"code": code, "state": query["state"]})
        return Reply(302, b"", {"Location": f"{query['redirect_uri']}/?{answer}".replace("//?", "/?")})

    def token(self, request):
        form = dict(urllib.parse.parse_qsl(request.body.decode()))
        header = request.header("authorization")
        client = base64.b64decode(header[6:]).decode() if header.startswith("Basic ") else ""
        if not client.strip(":") and not form.get("client_id"):
            return Reply.of({"error": "invalid_client", "error_description": "no client authentication"}, 401)
        if client.endswith(":wrong"):
            return Reply.of({"error": "invalid_client", "error_description": "bad secret"}, 401)
        self.counters.add("oauth_" + form.get("grant_type", "none"))
        problem = {
            "client_credentials": lambda: None, "refresh_token": lambda: self.refresh_fault(form),
            "authorization_code": lambda: self.code_fault(form),
        }.get(form.get("grant_type"), lambda: "unsupported_grant_type")()
        if problem:
            return Reply.of({"error": problem, "error_description": "refused by the script"}, 400)
        access, refresh = "access-" + secrets.token_hex(12), "refresh-" + secrets.token_hex(12)
        self.issued["access"].add(access)
        self.issued["refresh"].add(refresh)
        return Reply.of({"access_token": access, "token_type": "Bearer", "expires_in": 600, "refresh_token": refresh,
                         "refresh_token_expires_in": 86400, "username": "TESTER", "scope": form.get("scope", "")})

    def refresh_fault(self, form):
        return None if form.get("refresh_token") in self.issued["refresh"] else "invalid_grant"

    def code_fault(self, form):
        challenge, redirect = self.issued["code"].pop(form.get("code"), (None, None))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proved = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return None if challenge == proved and redirect == form.get("redirect_uri") else "invalid_grant"
