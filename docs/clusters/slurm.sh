#!/bin/bash
# `photochrom archive` on a SLURM cluster: one Ray process on each node, and the command on the first of them.
#
#   ray get-auth-token --generate    # once: the key to the cluster, in a home that all nodes share
#   sbatch docs/clusters/slurm.sh /shared/scans /shared/colored
#
# Given again, after the time is up or a node was lost, the same command goes on.
#SBATCH --job-name=photochrom-archive
#SBATCH --nodes=4
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=16
#SBATCH --mem-per-cpu=2G
#SBATCH --time=12:00:00
set -euo pipefail

head=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
port=$((20000 + SLURM_JOB_ID % 10000))  # several jobs may share a machine
export RAY_AUTH_MODE=token
export RAY_ADDRESS="$head:$port"

srun --nodes=1 --ntasks=1 --nodelist="$head" \
    ray start --head --node-ip-address="$head" --port="$port" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
until ray health-check --address "$RAY_ADDRESS" 2>/dev/null; do sleep 2; done
if [ "$SLURM_JOB_NUM_NODES" -gt 1 ]; then
    srun --nodes=$((SLURM_JOB_NUM_NODES - 1)) --ntasks=$((SLURM_JOB_NUM_NODES - 1)) --exclude="$head" \
        ray start --address "$RAY_ADDRESS" --num-cpus="$SLURM_CPUS_PER_TASK" --block &
fi

photochrom archive "$1" "$2" --cluster "$RAY_ADDRESS" --actors $((SLURM_JOB_NUM_NODES * SLURM_CPUS_PER_TASK))
