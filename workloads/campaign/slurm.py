"""The jobs of a campaign as a job array of Slurm, and behind it a job that sums up. The directory of the campaign must be
one that all nodes have, and so the directory of the workloads and the tracer."""

import os
import shlex
import subprocess


def batch(script, name, directory, *options):
    """Submits a script of one command; the job's id."""
    command = ["sbatch", "--parsable", f"--job-name={name}", f"--output={directory}/slurm-%x-%A-%a.log", *options,
               f"--wrap={shlex.join(script)}"]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True).stdout.strip().split(";")[0]


def submit(directory, numbers, run):
    """Submits the jobs of these numbers, all or none; says how."""
    this = ["python3", "-BS", run, "-o", directory]
    # The task's number is known on the node only.
    array = batch(["sh", "-c", f'exec {shlex.join(this)} --job="$SLURM_ARRAY_TASK_ID"'], "workload", directory,
                  f"--array={','.join(map(str, numbers))}", "--requeue")
    try:
        merge = batch([*this, "--summary"], "summary", directory, f"--dependency=afterany:{array}")
    except BaseException:
        subprocess.run(["scancel", array], check=False)
        raise
    return f"{len(numbers)} jobs submitted as {array}, and {merge} to sum up in {os.path.join(directory, 'summary.txt')}"
