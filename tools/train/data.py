"""Training batches: shuffled segments of the id stream, read by lanes that carry their recurrent state."""

import torch
from torch import Tensor

SEGMENT_SEQUENCES = 8  # a lane reads so many sequences in a row before it jumps
RESET_SHARE = 0.25  # share of jumps at which the state is cleared; otherwise it is carried over, as at joins of the held-out text


class Lanes:
    """The lanes of worker `part` of `parts`; workers with one seed read disjoint segments of each epoch."""

    def __init__(self, ids: Tensor, lanes: int, steps: int, seed: int, part: int = 0, parts: int = 1):
        self.ids, self.lanes, self.steps, self.part, self.parts = ids, lanes, steps, part, parts
        self.order = torch.Generator().manual_seed(seed)
        self.coin = torch.Generator().manual_seed(seed * parts + part)
        self.queue: list[int] = []
        self.position = [0] * lanes
        self.left = [0] * lanes

    def refill(self) -> None:
        """Cuts the stream into segments at a fresh random phase and shuffles them: one epoch."""
        length = SEGMENT_SEQUENCES * self.steps
        phase = int(torch.randint(length, (1,), generator=self.order))
        starts = torch.arange(phase, len(self.ids) - length - 1, length)
        self.queue = starts[torch.randperm(len(starts), generator=self.order)].tolist()[self.part :: self.parts]

    def next(self) -> tuple[Tensor, Tensor]:
        """(ids [B,T+1], cleared [B] bool): inputs and targets, and the lanes whose state starts from zero."""
        cleared = torch.zeros(self.lanes, dtype=torch.bool)
        rows = []
        for lane in range(self.lanes):
            if self.left[lane] == 0:
                if not self.queue:
                    self.refill()
                self.position[lane], self.left[lane] = self.queue.pop(), SEGMENT_SEQUENCES
                cleared[lane] = bool(torch.rand(1, generator=self.coin) < RESET_SHARE)
            at = self.position[lane]
            rows.append(self.ids[at : at + self.steps + 1])
            self.position[lane] += self.steps
            self.left[lane] -= 1
        return torch.stack(rows).long(), cleared
