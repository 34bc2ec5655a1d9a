"""Follows a stream with Python's standard library alone; comes back where it was when the connection breaks.
python follow.py [http://127.0.0.1:8080] [stream]. A server beyond loopback wants a token: WEIR_TOKEN=…"""
import json, os, sys, time, urllib.request

weir, stream = (sys.argv[1:] + ["http://127.0.0.1:8080", "default"][len(sys.argv) - 1 :])[:2]
headers = {"Authorization": f"Bearer {os.environ['WEIR_TOKEN']}"} if os.environ.get("WEIR_TOKEN") else {}


def events():
    """Every event of the stream, for ever."""
    after = {}
    while True:
        try:
            request = urllib.request.Request(f"{weir}/api/v1/streams/{stream}/events", headers=headers | after)
            with urllib.request.urlopen(request, timeout=60) as response:
                for line in response:
                    name, _, value = line.decode().rstrip("\n").partition(": ")
                    if name == "id":
                        after = {"Last-Event-ID": value}
                    elif name == "data":
                        yield json.loads(value)
        except OSError as error:
            print(f"Again in a second: {error}", file=sys.stderr)
        time.sleep(1)


for event in events():
    if event["type"] == "result":
        found = [box["label"] for output in event["outputs"].values() for box in output.get("detections", [])]
        print(event["seq"], f'{event["ageMs"]} ms', found, flush=True)
    else:
        print(event["type"], event, flush=True)  # a state, an alert, or a gap: events that were missed
