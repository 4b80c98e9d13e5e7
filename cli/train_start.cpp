#include "cli/train_start.h"

#include "cli/common.h"
#include "gtn/core/error.h"

namespace gtn {
namespace {

std::vector<NamedTensor> teacher_parameters(const Artefact& artefact) {
  std::vector<NamedTensor> kept;
  for (const auto& [name, tensor] : artefact.teacher) kept.push_back({name, tensor});
  if (!kept.empty()) return kept;
  constexpr double kLeast = 1e-6;  // of what has a logarithm
  const auto log = [](const Tensor& t) { return at::clamp_min(t, kLeast).log(); };
  return {{"curriculum.pixels", artefact.images},
          {"curriculum.label_logits", log(artefact.labels)},
          {"curriculum.log_lr", log(artefact.lr)},
          {"curriculum.log_momentum", log(artefact.momentum)}};
}

}  // namespace

std::vector<NamedTensor> read_start(const RunConfig& config, const Splits& splits) {
  if (config.start.empty()) return {};
  const Artefact other = find_artefact(config.start).artefact;
  if (other.dataset_fingerprint != splits.train.fingerprint ||
      other.normalization.whitening.defined() != splits.normalization.whitening.defined())
    throw usage_error("start", config.start + " was learned on other data or with another preprocessing");
  return teacher_parameters(other);
}

}  // namespace gtn
