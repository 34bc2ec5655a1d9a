"""Runs one Python row of the comparison over some sources and prints what it completed, as JSON.

It prints "ready" once everything is loaded, and begins when a line comes in.
"""

import json
import os
import sys
import threading
import time

# What the pipeline would fetch or report over the network is not part of the comparison.
os.environ.update(TELEMETRY_OPT_OUT="True", DISABLE_VERSION_CHECK="True", METRICS_ENABLED="False", LOG_LEVEL="ERROR")

import cv2

from counter import read_counter
from detector import Detector

# Some open their sources one after the other, and a client may take seconds to find out what a slow camera sends.
OPEN_SECONDS = 60


class Log:
    """What was completed: the moment, the source, the frame's number, and its first detections."""

    def __init__(self, request):
        self.live = request["live"]
        self.keep = request["keepFrames"]
        self.results = []
        self.kept = {}
        self.seen = set()
        self.lock = threading.Lock()

    def add(self, source, number, picture, detections):
        shown = read_counter(picture) if self.live else number
        with self.lock:
            self.seen.add(source)
            self.results.append([time.time() * 1000, source, shown])
            if number < self.keep:
                self.kept.setdefault(source, {})[number] = detections


def opened(source):
    capture = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise SystemExit(f"OpenCV cannot open {source}")
    return capture


def plain_loop(index, source, detector, log, stop):
    """Row `opencv`: read, detect, read, detect."""
    capture = opened(source)
    number = 0
    while not stop.is_set():
        more, picture = capture.read()
        if not more:
            return
        log.add(index, number, picture, detector(picture))
        number += 1


def latest_loop(index, source, detector, log, stop):
    """Row `latest`: a thread reads as fast as it can into one slot; the loop takes what is newest."""
    capture = opened(source)
    slot = {"number": -1, "picture": None, "ended": False}
    fresh = threading.Condition()

    def read():
        number = 0
        while not stop.is_set():
            more, picture = capture.read()
            with fresh:
                if more:
                    slot.update(number=number, picture=picture)
                else:
                    slot["ended"] = True
                fresh.notify()
            if not more:
                return
            number += 1

    threading.Thread(target=read, daemon=True).start()
    last = -1
    while not stop.is_set():
        with fresh:
            fresh.wait_for(lambda: slot["number"] != last or slot["ended"] or stop.is_set(), timeout=1)
            if slot["number"] == last:
                if slot["ended"]:
                    return
                continue
            last, picture = slot["number"], slot["picture"]
        log.add(index, last, picture, detector(picture))


def run_threads(loop, request, detector, log, stop):
    threads = [
        threading.Thread(target=loop, args=(index, source, detector, log, stop), daemon=True)
        for index, source in enumerate(request["sources"])
    ]
    for thread in threads:
        thread.start()
    wait(request, log, stop, lambda: any(thread.is_alive() for thread in threads))


def run_pipeline(mode, request, detector, log, stop):
    """Rows `legacy` and `auto`: Roboflow's InferencePipeline around the same detector."""
    from inference import InferencePipeline

    def on_video_frame(frames):
        return [detector(frame.image) for frame in frames]

    def on_prediction(predictions, frames):
        pairs = zip(predictions, frames) if isinstance(frames, list) else [(predictions, frames)]
        for detections, frame in pairs:
            if frame is not None:
                log.add(frame.source_id or 0, frame.frame_id - 1, frame.image, detections)

    pipeline = InferencePipeline.init_with_custom_logic(
        video_reference=request["sources"],
        on_video_frame=on_video_frame,
        on_prediction=on_prediction,
        video_processing_mode=mode,
    )
    pipeline.start(use_main_thread=False)
    ended = threading.Event()

    def join():
        pipeline.join()
        ended.set()

    threading.Thread(target=join, daemon=True).start()
    wait(request, log, stop, lambda: not ended.is_set())
    if not ended.is_set():
        pipeline.terminate()


def wait(request, log, stop, running):
    """Until the sources end, or for the given time from when each of them gave its first result."""
    patience = time.time() + OPEN_SECONDS
    while running() and time.time() < patience and len(log.seen) < len(request["sources"]):
        time.sleep(0.02)
    deadline = time.time() + request["seconds"]
    while running() and time.time() < deadline:
        time.sleep(0.02)
    stop.set()


def main():
    request = json.loads(sys.argv[1])
    detector = Detector(request["spec"])
    row = request["row"]
    if row in ("legacy", "auto"):
        from inference import InferencePipeline  # noqa: F401  loaded before the clock runs
    log, stop = Log(request), threading.Event()
    print("ready", flush=True)
    sys.stdin.readline()
    cpu = time.process_time()
    if row == "opencv":
        run_threads(plain_loop, request, detector, log, stop)
    elif row == "latest":
        run_threads(latest_loop, request, detector, log, stop)
    else:
        run_pipeline(row, request, detector, log, stop)
    cpu = time.process_time() - cpu
    with log.lock:
        print(json.dumps({"results": log.results, "kept": log.kept, "cpuSeconds": cpu}), flush=True)
    # Threads of captures and pipelines that hang must not keep the process.
    os._exit(0)


main()
