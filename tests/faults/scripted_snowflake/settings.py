"""What a test can set, at start or by the control plane. Times in seconds."""

import dataclasses


@dataclasses.dataclass
class Settings:
    # Who may log in. Users whose name begins with LOCKED are locked, with MFA need a second factor.
    password: str = "correct horse"
    passcode: str = "123456"
    access_tokens: tuple = ("pat-good",)
    oauth_tokens: tuple = ("oauth-good",)
    expired_oauth_tokens: tuple = ("oauth-expired",)
    workload_tokens: tuple = ("attestation-good",)
    default_role: str = "ANALYST"
    # How long tokens live.
    token_seconds: float = 3600
    master_seconds: float = 14400
    # Statements.
    latency: float = 0
    sync_hold: float = 45  # a query-request is answered "in progress" after this long
    poll_hold: float = 45  # so is a request for the result
    explain_bytes: int = 1_000_000
    failed_names_results: bool = False  # whether a refusal of several statements names those that ran
    # Results.
    format: str = "auto"  # auto: by session parameter; json; arrow
    inline_rows: int = 1000
    chunk_rows: int = 10000
    batch_rows: int = 0  # rows in a record batch; 0: one batch
    chunk_gzip: bool = True
    chunk_encoding_header: bool = True  # the Node.js driver cannot do without
    chunk_headers: str = "both"  # both, chunkHeaders, qrmk, none
    chunk_form: str = "comma"  # comma; lines: a line end after each comma; trailing: BOM at the start, comma at the end
    url_seconds: float = 21600
    chunk_port: int = 0
    compress_from: int = 1024  # answers of at least so many bytes are gzipped for clients that accept it; -1: never
    # Cortex.
    event_seconds: float = 0

    def change(self, values):
        for name, value in values.items():
            if name not in {field.name for field in dataclasses.fields(self)}:
                raise ValueError(f"no such setting: {name}")
            setattr(self, name, tuple(value) if isinstance(value, list) else value)

    def chunk_origin(self, request):
        """Chunks lie on a host of their own; for a TLS client on the listener that it trusts."""
        if request.listener.scheme == "https":
            return request.origin
        return f"http://{request.host_name}:{self.chunk_port}"
