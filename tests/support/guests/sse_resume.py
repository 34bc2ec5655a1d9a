"""Listens with sseclient-py: sse_resume.py URL. Whenever the answer ends it comes back with Last-Event-ID, as an
EventSource does. Every event is one line of JSON: its id, its type, its data."""

import json
import sys
import time

import requests
import sseclient

url = sys.argv[1]
last = None
while True:
    try:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        response = requests.get(url, headers=headers, stream=True, timeout=30)
        response.raise_for_status()
        print(json.dumps({"open": last}), flush=True)
        for event in sseclient.SSEClient(response).events():
            if event.id:
                last = event.id
            if event.data:
                print(json.dumps({"id": event.id, "event": event.event, "data": json.loads(event.data)}), flush=True)
    except requests.exceptions.RequestException as error:
        print(json.dumps({"broken": type(error).__name__}), flush=True)
    time.sleep(0.1)
