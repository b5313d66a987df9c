"""Trains an embedded model for a given time; run again with the same arguments to resume.

The learning rate is a function of the seconds that are used up (summed over restarts in the checkpoint), so the schedule
always ends at zero, however busy the machine is. It is a list of cycles MINUTES:PEAK; a cycle warms up to its share of the
peak rates and falls linearly to zero. A model that is not good enough is trained on by appending a cycle.

Workers are processes of one thread each that share the parameters' memory and meet twice a step. On a machine that others
use too this wastes far less than threads inside every product, which wait for the slowest one thousands of times a step.

    python train.py --work DIR --cycles 95:1 16:0.15
    python train.py --work DIR --model llama --name transformer --cycles 45:1
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from torch import multiprocessing
from torch.nn import functional as F

from data import Lanes
from families import FAMILIES
from optimizer import adam_step, is_muon, make_moments, muon_step, share_out

WARM_UP = 0.01  # share of a cycle
CLIP = 1.0


def parse_cycle(text: str) -> tuple[float, float]:
    """MINUTES:PEAK -> (seconds, share of the peak rates)."""
    minutes, peak = text.split(":")
    return float(minutes) * 60, float(peak)


def place(cycles: list[tuple[float, float]], seconds: float) -> tuple[float, float] | None:
    """Progress through the current cycle and the factor on its rates after `seconds`; None when all cycles are over."""
    for length, peak in cycles:
        if seconds < length:
            progress = seconds / length
            return progress, peak * min(1.0, progress / WARM_UP + 0.02) * (1.0 - progress)
        seconds -= length
    return None


def save(path: Path, content: dict) -> None:
    """Writes beside and renames, so that a killed run never leaves half a checkpoint."""
    torch.save(content, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def work(rank: int, args, config, step: int, shared: dict, meet) -> None:
    """One worker: gradients of its share of the lanes, then the update of its share of the parameters.

    `shared` holds tensors in shared memory: `parameters` and `moments` by name, `gradients` (a dict by name for each
    worker), `clock` [1] (seconds trained) and `loss` [workers]. `meet` is a barrier of all workers.
    """
    torch.set_num_threads(1)
    family = FAMILIES[args.model]
    model = family.model(config, fused=True)
    for name, p in model.named_parameters():
        p.data = shared["parameters"][name]
    own = share_out(shared["parameters"], args.workers)[rank]
    muon = {n: shared["parameters"][n] for n in own if is_muon(n)}
    adam = {n: shared["parameters"][n] for n in own if not is_muon(n)}
    ids = torch.from_numpy(np.fromfile(args.work / "train.u16", np.uint16).astype(np.int32))
    lanes, state, stretch = None, [], 0
    seconds = float(shared["clock"])
    last_print, last_save, mean, before = seconds, seconds, None, time.monotonic()

    while (now := place(args.cycles, seconds)) is not None:
        progress, factor = now
        if stretch != (wanted := 2 if progress >= family.long_from else 1):
            stretch, count = wanted, args.lanes // args.workers // wanted
            lanes, state = Lanes(ids, count, args.steps * stretch, args.seed + step, rank, args.workers), model.zero_state(count)
        batch, cleared = lanes.next()
        state = [s.masked_fill(cleared[:, None], 0.0) for s in state]
        logits, state = model(batch[:, :-1], state)
        loss = F.cross_entropy(logits, batch[:, 1:].reshape(-1))
        loss.backward()
        for name, p in model.named_parameters():
            shared["gradients"][rank][name].copy_(p.grad)
            p.grad = None
        shared["loss"][rank] = loss.item()
        meet.wait()  # all gradients are there; nobody reads the clock before the next meeting
        if rank == 0:
            after = time.monotonic()
            shared["clock"] += after - before
            before = after
        total = {n: sum(g[n] for g in shared["gradients"]).div_(args.workers) for n in shared["parameters"]}
        norm = torch.stack([g.norm() for g in total.values()]).norm()
        for n in own:
            total[n].mul_((CLIP / norm).clamp_max(1.0))
        step += 1
        muon_step(muon, total, shared["moments"], args.muon_lr * factor, family.decay)
        adam_step(adam, total, shared["moments"], args.adam_lr * factor, step)
        meet.wait()  # all parameters are new; the clock stands
        seconds, now_loss = float(shared["clock"]), float(shared["loss"].mean())
        mean = now_loss if mean is None else 0.97 * mean + 0.03 * now_loss
        if rank == 0 and seconds - last_print > 15:
            print(f"step {step} {seconds:.0f} s loss {mean:.4f} norm {norm:.2f} rate {factor:.3f}", flush=True)
            last_print = seconds
        if rank == 0 and (seconds - last_save > args.save_every or place(args.cycles, seconds) is None):
            content = {"model": dict(shared["parameters"]), "moments": dict(shared["moments"]), "model_type": args.model}
            save(args.work / f"{args.name}.pt", content | {"step": step, "seconds": seconds, "config": config.as_dict()})
            last_save = seconds
    if rank == 0:
        print(f"done: step {step}, {seconds:.0f} s, loss {mean if mean is not None else float('nan'):.4f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--model", choices=list(FAMILIES), default="hgrn_bit")
    parser.add_argument("--name", default="run", help="the checkpoint is WORK/NAME.pt")
    parser.add_argument("--cycles", type=parse_cycle, nargs="+", default=[(95 * 60, 1.0)], metavar="MINUTES:PEAK")
    parser.add_argument("--config", type=json.loads, default={}, help="fields of the configuration to change, as JSON")
    parser.add_argument("--lanes", type=int, default=16, help="sequences a step, over all workers")
    parser.add_argument("--steps", type=int, default=256, help="ids of a sequence in one step")
    parser.add_argument("--muon-lr", type=float, help="in place of the family's peak rate")
    parser.add_argument("--adam-lr", type=float, help="in place of the family's peak rate")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--save-every", type=float, default=180, help="seconds")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if args.lanes % (2 * args.workers):
        parser.error("--lanes must be a multiple of twice --workers")
    family = FAMILIES[args.model]
    args.muon_lr = args.muon_lr or family.muon_rate
    args.adam_lr = args.adam_lr or family.adam_rate
    torch.manual_seed(args.seed)

    vocabulary = json.loads((args.work / "tokenizer.json").read_text())["model"]["vocab"]
    config = family.config(**{"vocab_size": len(vocabulary)} | args.config)
    model = family.model(config, fused=True)  # also builds the kernels before the workers need them
    parameters = {name: p.data for name, p in model.named_parameters()}
    moments, step, clock = make_moments(parameters), 0, torch.zeros(1, dtype=torch.float64)
    path = args.work / f"{args.name}.pt"
    if path.exists():
        saved = torch.load(path)
        parameters, moments, step = saved["model"], saved["moments"], saved["step"]
        clock[0] = saved["seconds"]
        print(f"resumed at step {step}, {saved['seconds']:.0f} s", flush=True)
    print(f"{sum(p.numel() for p in parameters.values())} parameters, {args.lanes} x {args.steps} ids a step", flush=True)
    gradients = [{name: torch.zeros_like(p) for name, p in parameters.items()} for _ in range(args.workers)]
    shared = {"parameters": parameters, "moments": moments, "gradients": gradients, "clock": clock}
    shared["loss"] = torch.zeros(args.workers)
    for tensor in (*parameters.values(), *moments.values(), clock, shared["loss"], *(t for g in gradients for t in g.values())):
        tensor.share_memory_()
    meet = multiprocessing.get_context("spawn").Barrier(args.workers)
    multiprocessing.spawn(work, (args, config, step, shared, meet), nprocs=args.workers)


if __name__ == "__main__":
    main()
