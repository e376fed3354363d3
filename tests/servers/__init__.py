"""Local servers that speak a vendor's protocol, so that the vendor's real client can talk to them.

Each runs inside a test (a context manager with `.url`) and alone, for trials driven from a shell:

    python -m tests.servers.google_data_manager --port 9101 --delay 3 --log requests.jsonl
    curl -d '{"do": "throttle", "retry_after": 30, "times": 2}' http://127.0.0.1:9101/_behaviour
    curl http://127.0.0.1:9101/_effects

`tests/servers/scripted.py` lists the behaviours.
"""
