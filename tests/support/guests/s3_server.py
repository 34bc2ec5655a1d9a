"""An S3-speaking server of somebody else's making: tells its port as a line of JSON and runs until it is killed."""

import json
import logging
import os

os.environ["MOTO_S3_CUSTOM_ENDPOINTS"] = ""
logging.disable(logging.CRITICAL)

from moto.server import ThreadedMotoServer  # noqa: E402

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(json.dumps({"port": server.get_host_and_port()[1]}), flush=True)
server._thread.join()
