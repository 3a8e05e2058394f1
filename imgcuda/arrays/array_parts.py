"""The parts of an array on a GPU that a chain runs over one by one: its images, or groups of their channels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from imgcuda.arrays.gpu_views import GpuView
from imgcuda.arrays.stored_types import computed_on_gpu
from imgcuda.arrays.strided_copy import write_strided
from imgcuda.engine.protocol import DeviceArray
from imgcuda.errors import ImageError
from imgcuda.execution.chain_plan import ChainPlan, plan_for
from imgcuda.execution.channel_groups import channel_groups
from imgcuda.execution.executor import run_chain
from imgcuda.filters import Filter
from imgcuda.layouts import AxisOrder

if TYPE_CHECKING:
    from imgcuda.cuda.queued import QueuedSession


class ArrayParts:
    """The images of one array, and of images of more than four channels the groups of channels that run together.

    Results go to a place: the view of an array as (images, height, width, channels), of the type of the samples.
    """

    def __init__(
        self, session: QueuedSession, filters: Sequence[Filter], given: GpuView, order: AxisOrder, most: int | None
    ) -> None:
        """Divide an array; ImageError if a filter makes more than `most` pixels."""
        self.order = order
        self._session, self._filters = session, filters
        self._computed = computed_on_gpu(given.dtype)
        self._view = given.in_order(order)
        images, _, _, channels = self._view.shape
        self._images = [self._view.image(number) for number in range(images)]
        self._is_shared = False
        """Whether the result is written to memory that images may lie in."""
        self._groups = channel_groups(filters, channels)
        axes = order.inward_axes(len(given.shape))[order.batch :]
        self.plan = plan_for(filters, tuple(given.shape[axis] for axis in axes), self._computed, most)
        self.size_is_known = self.plan.size_decider is None

    @property
    def number(self) -> int:
        """How many parts there are."""
        return len(self._images) * len(self._groups)

    @property
    def is_handed_over(self) -> bool:
        """Whether the memory that the chain makes is the result as it is."""
        in_order = self.order.is_inward(len(self.result_shape()))
        return self.number == 1 and in_order and self._view.dtype == self._computed

    def result_shape(self, made: DeviceArray | None = None) -> tuple[int, ...]:
        """Return the shape of the result in the caller's order, by what filters declare, or by an image's result."""
        image = self.plan.result_shape if made is None else self.plan.shape_of(made.shape)
        return self.order.outward_shape((len(self._images), *image) if self.order.batch else image)

    def keep_from(self, place: GpuView) -> None:
        """Prepare for results that are written to the caller's memory, which may overlap the images.

        They are copied, on the device, if the result of one part would overwrite what another reads.
        """
        self._is_shared = place.overlaps(self._view)
        if self.number > 1 and self._is_shared and not place.is_same(self._view):
            self._images = [GpuView.of(image.copied(self._session, self._computed)) for image in self._images]

    def target(self, number: int, place: GpuView) -> GpuView:
        """Return where in a place the result of a part goes."""
        image, group = divmod(number, len(self._groups))
        return self._of_group(place.image(image), group)

    def run(self, number: int, target: GpuView | None) -> DeviceArray:
        """Return the result of the chain on a part, computed right in its target if that takes no copy."""
        image, group = divmod(number, len(self._groups))
        part = self._of_group(self._images[image], group).read(self._session, self._computed)
        plan, offered = self._plan_of(part), None if target is None else self._free(target)
        try:
            steps = plan.steps(self._session)
            offer = partial(self._session.offer_array, offered)
            return run_chain(self._session, plan.filters, part, (), steps, offer, plan.most)
        finally:
            self._session.offer_array(None)

    def fits(self, made: DeviceArray, target: GpuView) -> bool:
        """Return whether the result of a part has the size and the channels that its target has."""
        return made.shape == target.shape or len(self._groups) > 1

    def write(self, made: DeviceArray, target: GpuView) -> None:
        """Write the result of a part to its target, unless it was computed there, and free it."""
        if made.shape != target.shape:
            raise ImageError(
                f"the results of an array's images must have one shape; they have {target.shape} and {made.shape}"
            )
        if (made.pointer, made.dtype) == (target.address, target.dtype):
            return
        if made.dtype == target.dtype and target.has_no_gaps:
            self._session.copy(target.as_array(), made)
        else:
            write_strided(self._session, made, target.as_array(), target.sample_steps())
        self._session.free(made)

    def _plan_of(self, part: DeviceArray) -> ChainPlan:
        return self.plan if len(self._groups) == 1 else plan_for(self._filters, part.shape, self._computed)

    def _of_group(self, image: GpuView, group: int) -> GpuView:
        return image if len(self._groups) == 1 else image.some_channels(self._groups[group])

    def _free(self, target: GpuView) -> DeviceArray | None:
        """Return the memory of a target if a result may be computed in it."""
        fits = target.dtype == self._computed and target.is_contiguous and not self._is_shared
        return target.as_array() if fits else None
