"""What pre-training buys: encoders trained by masking, frozen embeddings, and the fixed probes.

An encoder is trained on the training works of a fold, on several boards at once and without their
labels. What it makes of the notes is kept as a file of embeddings, as anybody's model may make one;
a probe with settings that nobody chooses tells what the embeddings know.
"""

from musebench.pretrain.embeddings import Embeddings as Embeddings
from musebench.pretrain.embeddings import embeddings_of as embeddings_of
from musebench.pretrain.embeddings import read_embeddings as read_embeddings
from musebench.pretrain.embeddings import write_embeddings as write_embeddings
from musebench.pretrain.loop import Pretraining as Pretraining
from musebench.pretrain.loop import embed as embed
from musebench.pretrain.loop import pretrain as pretrain
from musebench.pretrain.loop import pretraining_boards as pretraining_boards
from musebench.pretrain.loop import raw_features as raw_features
from musebench.pretrain.masking import hide as hide
from musebench.pretrain.probe import PROBES as PROBES
from musebench.pretrain.probe import probe as probe
from musebench.pretrain.shots import SIZES as SIZES
from musebench.pretrain.shots import order_of_works as order_of_works
