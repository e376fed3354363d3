"""The process that reads a file: it has the file, limits, and nothing else of Leadloop.

    python -m campaigns.imports.child <bytes of memory> <seconds of CPU> < file > lines

Writes a line of JSON for each row (`[number, cells, problem]`), then `{"facts": …}`; or
`{"refused": "what to do instead"}`, or `{"broke": "what and where"}`, with no word of the file in
it. Whoever hears none of them knows that it hit a limit.
"""

import json
import resource
import sys
import traceback

from django.conf import settings


def main() -> None:
    memory, seconds = map(int, sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    # It writes to the pipe that it was given, and no file.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    # For the messages; no secret and no address of a server comes here.
    settings.configure(USE_I18N=False)
    from campaigns.imports.opening import open_table
    from campaigns.imports.tables import Unreadable

    try:
        table = open_table(sys.stdin.buffer)
        for line in table.lines:
            _say([line.number, line.cells, line.problem])
        _say({"facts": table.facts})
    except Unreadable as error:
        _say({"refused": str(error)})
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        _say({"broke": f"{type(error).__name__} at {place.filename}:{place.lineno}"})
    sys.stdout.flush()


def _say(what: object) -> None:
    sys.stdout.write(json.dumps(what))
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
