"""What many build today: FastAPI, sse-starlette, OpenCV and ONNX Runtime in one process.

It does what Weir's benchmark asks for, at the same paths: streams that are registered, run and remembered, their
results as server-sent events, webcams over WebSocket. A thread reads each stream, inference runs in a small pool, and
every subscriber has a bounded queue that loses its oldest event.

    python service.py PORT STATE_FILE MODEL_SPEC_JSON
"""

import asyncio
import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent.parent / "peers"))

import cv2
import fastapi
import numpy as np
import uvicorn
from sse_starlette.sse import EventSourceResponse

from detector import Detector

PORT, STATE, SPEC = int(sys.argv[1]), pathlib.Path(sys.argv[2]), json.loads(sys.argv[3])
QUEUE = 64
RETRY_SECONDS = (1, 2, 4, 8, 16, 30)

detector = Detector(SPEC)
pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
streams = {}
ready = False


def envelope(stream, seq, captured_at, arrived_at, detections):
    outputs = {
        "detect": {
            "model": "weir-pitch",
            "detections": [
                {"box": [round(value, 1) for value in found[:4]], "label": SPEC["labels"][found[5]],
                 "classId": found[5], "score": round(found[4], 3)}
                for found in detections
            ],
        }
    }
    captured = datetime.datetime.fromtimestamp(captured_at / 1000, datetime.timezone.utc)
    return {
        "v": 1, "type": "result", "stream": stream, "epoch": 1, "seq": seq, "pts": 0,
        "capturedAt": captured.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "ageMs": time.time() * 1000 - arrived_at, "outputs": outputs,
    }


class Stream:
    def __init__(self, registration, loop):
        self.id = registration["id"]
        self.registration = registration
        self.loop = loop
        self.state = "connecting"
        self.received = self.completed = 0
        self.subscribers = set()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def view(self):
        frames = {"received": self.received, "completed": self.completed}
        return {"id": self.id, "registration": self.registration, "status": {"state": self.state, "frames": frames}}

    def run(self):
        source = self.registration["source"]
        failures = 0
        while not self.stop.is_set():
            capture = cv2.VideoCapture()
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 5000, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 10000,
                      cv2.CAP_PROP_N_THREADS, 1]
            if capture.open(source.get("path") or source["url"], cv2.CAP_FFMPEG, limits):
                self.state = "running"
                failures = 0
                self.play(capture, source)
            else:
                self.state = "backoff"
                self.stop.wait(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            capture.release()

    def play(self, capture, source):
        fps = capture.get(cv2.CAP_PROP_FPS) or 25
        start, count = time.monotonic(), 0
        while not self.stop.is_set():
            more, picture = capture.read()
            if not more:
                return
            if source["kind"] == "file":
                time.sleep(max(0, start + count / fps - time.monotonic()))
            count += 1
            arrived_at = time.time() * 1000
            self.received += 1
            detections = detector(picture)
            self.completed += 1
            event = envelope(self.id, self.received, arrived_at, arrived_at, detections)
            self.loop.call_soon_threadsafe(self.publish, self.received, json.dumps(event))

    def publish(self, seq, data):
        event = {"id": str(seq), "event": "result", "data": data}
        for queue in self.subscribers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)


@contextlib.asynccontextmanager
async def lifespan(_app):
    global ready
    loop = asyncio.get_running_loop()
    if STATE.exists():
        for registration in json.loads(STATE.read_text()):
            streams[registration["id"]] = Stream(registration, loop)
    ready = True
    yield
    for stream in streams.values():
        stream.stop.set()


app = fastapi.FastAPI(lifespan=lifespan)


@app.get("/ready")
async def readiness():
    return {"ready": ready}


@app.get("/api/v1/streams")
async def list_streams():
    return {"streams": [stream.view() for stream in streams.values()]}


@app.get("/api/v1/streams/{name}")
async def read_stream(name: str):
    if name not in streams:
        raise fastapi.HTTPException(404)
    return streams[name].view()


@app.post("/api/v1/streams", status_code=201)
async def create_stream(registration: dict):
    streams[registration["id"]] = Stream(registration, asyncio.get_running_loop())
    STATE.write_text(json.dumps([stream.registration for stream in streams.values()]))
    return streams[registration["id"]].view()


@app.get("/api/v1/streams/{name}/events")
async def events(name: str):
    stream = streams[name]

    async def listen():
        queue = asyncio.Queue(QUEUE)
        stream.subscribers.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            stream.subscribers.discard(queue)

    return EventSourceResponse(listen())


def look(jpeg):
    return detector(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))


@app.post("/predict")
async def predict(file: fastapi.UploadFile):
    jpeg = await file.read()
    found = await asyncio.get_running_loop().run_in_executor(pool, look, jpeg)
    return {"outputs": envelope("", 0, 0, 0, found)["outputs"]}


@app.websocket("/api/v1/ingest/{name}")
async def ingest(socket: fastapi.WebSocket, name: str):
    await socket.accept()
    loop = asyncio.get_running_loop()
    latest, arrival = None, asyncio.Event()
    seq = 0

    async def work():
        nonlocal latest
        while True:
            await arrival.wait()
            arrival.clear()
            number, captured_at, arrived_at, jpeg = latest
            detections = await loop.run_in_executor(pool, look, jpeg)
            await socket.send_text(json.dumps(envelope(name, number, captured_at, arrived_at, detections)))

    worker = asyncio.create_task(work())
    try:
        captured_at = None
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is not None:
                captured_at = json.loads(message["text"])["capturedAt"]
                continue
            now = time.time() * 1000
            seq += 1
            latest = (seq, captured_at or now, now, message["bytes"])
            arrival.set()
    finally:
        worker.cancel()


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="error", ws_max_size=4 << 20, backlog=4096)
