"""Where a training run is written down: an MLflow server when MLFLOW_TRACKING_URI names one, else a folder."""

import json
import os
import shutil
from pathlib import Path


class Tracking:
    """Parameters, metrics and files of one run."""

    def __init__(self, name, folder):
        self.name, self.folder = name, Path(folder) / "tracking"
        self.mlflow = None

    def __enter__(self):
        if os.environ.get("MLFLOW_TRACKING_URI"):
            import mlflow

            mlflow.set_experiment(self.name)
            mlflow.start_run()
            self.mlflow = mlflow
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / "metrics.jsonl").write_text("")
        return self

    def __exit__(self, kind, error, trace):
        if self.mlflow:
            self.mlflow.end_run("FAILED" if kind else "FINISHED")

    def parameters(self, values):
        if self.mlflow:
            self.mlflow.log_params(values)
        else:
            (self.folder / "parameters.json").write_text(json.dumps(values, indent=2) + "\n")

    def metrics(self, step, values):
        if self.mlflow:
            self.mlflow.log_metrics(values, step=step)
            return
        with open(self.folder / "metrics.jsonl", "a") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")

    def artifact(self, path):
        if self.mlflow:
            self.mlflow.log_artifact(str(path))
        else:
            shutil.copy(path, self.folder)
