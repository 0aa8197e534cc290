"""A Redis server by its address: a client of it, and its failures as one line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from iconym.errors import MissingTool, StreamError, Usage

ANSWER = 10.0  # seconds a server may take; longer than it is ever asked to wait
RETRIES = 3  # of a command whose connection broke, 0.1 to 0.8 seconds apart
RAW = ("XREADGROUP", "XAUTOCLAIM", "XRANGE")  # whose replies no two versions of redis-py read alike


def connected(url: str) -> tuple[Any, str]:
    """A client, which calls nobody before it is used, and its server's address without secrets.

    It gives the replies of ``RAW`` as they come, in bytes.

    Raises:
        MissingTool: if the package redis is not installed.
        Usage: if ``url`` is no address.
    """
    try:
        import redis
        from redis.backoff import ExponentialBackoff
        from redis.retry import Retry
    except ImportError as error:
        raise MissingTool("Redis streams need redis: pip install 'iconym[redis]'") from error
    settings = {
        "protocol": 2,
        "decode_responses": False,
        "socket_timeout": ANSWER,
        "socket_connect_timeout": ANSWER,
        "retry": Retry(ExponentialBackoff(cap=0.8, base=0.05), RETRIES),
    }
    try:
        address = redis.connection.parse_url(url)
        pool = redis.ConnectionPool(**{**address, **settings})  # ours stand before the url's
        pool.make_connection()  # which looks at the options
    except (ValueError, TypeError):
        raise Usage(
            "the address of the stream is none; it reads redis://HOST:PORT/DB, rediss:// for "
            "TLS or unix://PATH, with /, @ and % in a password as %2F, %40 and %25"
        ) from None  # the cause may show the password
    client = redis.Redis.from_pool(pool)
    for command in RAW:
        client.set_response_callback(command, lambda reply, **_options: reply)
    return client, _shown(address)


@contextmanager
def asking(place: str, name: str) -> Iterator[None]:
    """Within it, a failure of the server at ``place`` over the key ``name`` is one line."""
    errors = server_errors()
    try:
        yield
    except (errors.AuthenticationError, errors.NoPermissionError) as error:
        raise Usage(f"{place} refuses: {error}; check user and password") from error
    except (errors.ConnectionError, errors.TimeoutError) as error:
        raise StreamError(f"{place} does not answer: {error}; is a server there?") from error
    except errors.RedisError as error:
        if "WRONGTYPE" in str(error):
            raise Usage(f"{name!r} at {place} is no stream; choose another name") from error
        raise StreamError(f"{place}: {error}") from error


def server_errors() -> Any:
    """The module of the exceptions of redis-py."""
    from redis import exceptions

    return exceptions


def _shown(address: dict[str, Any]) -> str:
    if "path" in address:
        return f"redis at {address['path']}"
    return f"redis at {address.get('host', 'localhost')}:{address.get('port', 6379)}"
