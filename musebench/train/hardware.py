"""Where a run trains: one process, several devices, or several machines."""

from dataclasses import dataclass

from lightning_fabric import Fabric
from lightning_fabric.utilities.exceptions import MisconfigurationException

from musebench.errors import InputError

MAX_NUMBER = 10_000  # of devices, of nodes
PRECISIONS = ("32-true", "bf16-mixed", "16-mixed")


@dataclass(frozen=True)
class Hardware:
    """Devices and precision. Under torchrun or SLURM, their variables identify this process.

    Attributes:
        device: ``cpu``, ``cuda``, ...; ``auto`` for a GPU if there is one.
        num_devices: Number of devices (on a CPU: processes) per machine.
        num_nodes: Number of machines.
        precision: One of ``PRECISIONS``, the names of lightning-fabric.
    """

    device: str = "auto"
    num_devices: int = 1
    num_nodes: int = 1
    precision: str = "32-true"

    def launch(self, batches_per_step: int, *, unused_weights: bool = False) -> Fabric:
        """Start the processes, or join those that were started.

        Args:
            batches_per_step: Mini-batches per step, which are divided among the processes.
            unused_weights: Whether the model has weights that no prediction depends on; processes
                would wait for their gradients.

        Raises:
            InputError: If the devices are not available, or the batches cannot be divided evenly.
        """
        for name, number in (("devices", self.num_devices), ("nodes", self.num_nodes)):
            if not 1 <= number <= MAX_NUMBER:
                msg = f"{name} is {number}; it must be 1 to {MAX_NUMBER:,}."
                raise InputError(msg)
        if self.precision not in PRECISIONS:
            msg = f"precision is {self.precision!r}; accepted are {', '.join(PRECISIONS)}."
            raise InputError(msg)
        several = self.num_devices * self.num_nodes > 1
        try:
            fabric = Fabric(
                accelerator=self.device,
                strategy="ddp_find_unused_parameters_true"
                if several and unused_weights
                else "auto",
                devices=self.num_devices,
                num_nodes=self.num_nodes,
                precision=self.precision,  # type: ignore[arg-type]
            )
        except (ImportError, ValueError, RuntimeError, MisconfigurationException) as error:
            msg = f"cannot train on {self.num_devices} x {self.device!r} ({error})"
            raise InputError(msg) from error
        if batches_per_step % fabric.world_size:
            msg = (
                f"batches_per_step is {batches_per_step}, which cannot be divided evenly among "
                f"{fabric.world_size} processes; set it to a multiple of their number."
            )
            raise InputError(msg)
        fabric.launch()
        return fabric
