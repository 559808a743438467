"""python3 -m scripted_snowflake [--keys] [--tls] [--public-key FILE]... [--set NAME=VALUE]... [--log]

Prints one JSON line with its ports and keys, then serves until standard input ends or a signal comes.
"""

import argparse
import asyncio
import contextlib
import json
import pathlib
import signal
import sys
import tempfile

from . import arrow, keys
from .server import Server


def arguments():
    parser = argparse.ArgumentParser(prog="scripted_snowflake", description="A Snowflake that does as it is told.")
    parser.add_argument("--keys", action="store_true", help="make key pairs and register them; their paths are printed")
    parser.add_argument("--tls", action="store_true", help="listen with TLS too: right and wrong certificates")
    parser.add_argument("--public-key", action="append", default=[], metavar="FILE", help="register a PEM public key")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a setting (settings.py); the value is JSON or text")
    parser.add_argument("--until-signal", action="store_true", help="do not end when standard input does")
    return parser.parse_args()


def value_of(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


async def main():
    options = arguments()
    server = Server()
    server.settings.change({name: value_of(value) for name, _, value in (one.partition("=") for one in options.set)})
    with tempfile.TemporaryDirectory(prefix="scripted-snowflake-") as folder:
        ports = {name: (await server.listen(name)).port for name in ("driver", "chunks", "foreign", "control")}
        server.settings.chunk_port = ports["chunks"]
        said = {"ready": True, "host": "127.0.0.1", "ports": ports, "arrow": arrow.available()}
        if options.tls:
            made = keys.certificates(pathlib.Path(folder))
            said["ca"] = made.pop("ca")
            ports |= {f"tls_{name}": (await server.listen(f"tls_{name}", pair)).port for name, pair in made.items()}
        for file in options.public_key:
            server.sessions.public_keys.append(keys.PublicKey(pathlib.Path(file).read_text(encoding="ascii")))
        if options.keys:
            said["keys"] = keys.user_keys(pathlib.Path(folder))
            server.sessions.public_keys += [keys.PublicKey.of_private(said["keys"][name]) for name in ("rsa", "ec")]
        print(json.dumps(said), flush=True)
        await ended(options.until_signal)


async def ended(only_by_signal):
    loop, over = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    if not only_by_signal:
        def read():
            with contextlib.suppress(OSError):
                if sys.stdin.buffer.raw.read(4096):
                    return
            loop.remove_reader(sys.stdin.fileno())
            over.set()

        with contextlib.suppress(PermissionError, ValueError):  # standard input may be no pipe
            loop.add_reader(sys.stdin.fileno(), read)
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main())
