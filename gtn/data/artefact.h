// The self-describing teacher: one safetensors file from which any framework can train a network to the stated
// accuracy.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "gtn/core/archive.h"
#include "gtn/data/batch.h"
#include "gtn/data/normalization.h"

namespace gtn {

// Version 2 adds whitening. A file without it is written as version 1, so that older programs read it, and one with it
// is refused by them: they would judge networks on images that are not whitened. Version 3 is the compact encoding, of
// files that were made with it alone; version 4 has more steps than batches; version 5 has step sizes that are
// conditioned on the learner.
constexpr int kArtefactVersion = 5;

// How a file keeps the numbers.
enum class Encoding {
  exact,    // float32
  compact,  // rounded, to give away, and without the teacher's own parameters (compact.h)
};

struct Artefact {
  // What a learner is taught, materialised: step t trains on images[t mod N], labels[t mod N] with lr[t], momentum[t]
  // and the optimiser; the metadata spell its update out, such as v <- momentum[t] v + gradient;  w <- w - lr[t] v.
  Tensor images;                  // [N, B, C, H, W] float32, normalised units; mostly N = T
  Tensor labels;                  // [N, B, K] float32, each row sums to one
  Tensor lr;                      // [T] float32, positive
  Tensor momentum;                // [T] float32, not negative
  std::string optimizer = "sgd";  // or "rmsprop", "adam" (unroll/optimizer.h); files without one mean sgd
  std::string augmentation = {};  // what each batch goes through anew, in words; usually nothing
  // Where the teacher has learned a multiplier of lr as a function of the learner: what of a learner it is made of, and
  // the weights of these (nets/traits.h). Usually nothing.
  std::vector<std::string> traits = {};
  Tensor log_multipliers = {};  // [traits] float32

  Normalization normalization;           // [C]; what a real image must go through before such a network sees it
  std::vector<std::string> class_names;  // [K]
  std::string dataset;                   // its name
  std::string dataset_fingerprint;       // of the training split
  std::string learners;                  // the text of the taught population
  std::string config;                    // the resolved configuration, TOML
  std::string program_version;
  Encoding encoding = Encoding::exact;  // of the file it came from or goes to; the numbers here are float32

  std::map<std::string, Tensor> teacher;  // parameters of generator and curriculum, opaque here

  int64_t steps() const { return lr.size(0); }
  int64_t batches() const { return images.size(0); }
  int64_t image_count() const { return images.size(0) * images.size(1); }
  int format_version() const {
    if (!traits.empty()) return 5;
    if (batches() < steps()) return 4;
    if (encoding == Encoding::compact) return 3;
    return normalization.whitening.defined() ? 2 : 1;
  }
};

// The artefact as named tensors and texts: images, labels, lr, momentum, mean, std, where there are
// such log_multipliers, whitening [D, D] and whitening_mean [D], D = C * H * W, and teacher.*, or the compact form of
// these; the metadata say how to use them. Throws a failure at `where` that lists every fault (shapes that disagree,
// values that are not finite,
// ...): what could not be loaded is never written; also where a compact file would be too large for its whitening.
Archive to_archive(const Artefact& artefact, const std::string& where);

// The other way, from either encoding. Throws a failure at `where` that lists every fault, or names both versions where
// the format is another one. Tensors of other names are ignored.
Artefact to_artefact(const Archive& archive, const std::string& where);

// The two above, with a file. Throw failures that name it.
void save_artefact(const std::filesystem::path& path, const Artefact& artefact);
Artefact load_artefact(const std::filesystem::path& path);

// The curriculum's images as Normalization::display() shows them, from 0 to 1: [N, B, C, H, W].
Tensor pixels_of(const Artefact& artefact);

// The curriculum as a source of batches, copied to `device`.
StoredBatches curriculum_of(const Artefact& artefact, at::Device device = at::kCPU);

}  // namespace gtn
