"""A campaign: many runs of many workloads, as independent jobs whose results merge in any order.

    command       the options of workloads/run, and what they do
    declaration   what a workload's head says
    plan          the list of jobs of a campaign, in its directory
    job           one job: a workload, run natively and under the tracer
    private       the directories of a job while it runs, and what dead ones left
    progress      runs jobs side by side, and says how far it is
    results       what the jobs left, and the numbers of each workload
    summary       the table of the workloads: text, CSV, HTML
    libraries     a page for each library
    slurm         the jobs as an array of Slurm
"""
