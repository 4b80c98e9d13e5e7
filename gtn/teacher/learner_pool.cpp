#include "gtn/teacher/learner_pool.h"

#include <cmath>

#include "gtn/core/error.h"

namespace gtn {
namespace {

std::string name_of(size_t place, const char* part) { return "pool." + std::to_string(place) + "." + part; }

Tensor bytes_of(const std::string& text) {
  Tensor bytes = at::empty({static_cast<int64_t>(text.size())}, at::kByte);
  std::copy(text.begin(), text.end(), bytes.data_ptr<uint8_t>());
  return bytes;
}

std::string text_of(const Tensor& bytes) {
  const auto* first = bytes.data_ptr<uint8_t>();
  return {first, first + bytes.numel()};
}

}  // namespace

void LearnerPool::put(size_t place, Aged learner) {
  const bool stays = learner.age < max_age_ && std::isfinite(scalar(learner.w.sum()));
  places_.at(place) = stays ? std::optional(std::move(learner)) : std::nullopt;
}

std::map<std::string, Tensor> LearnerPool::state() const {
  std::map<std::string, Tensor> state;
  for (size_t i = 0; i < places_.size(); ++i) {
    if (!places_[i]) continue;
    state[name_of(i, "learner")] = bytes_of(places_[i]->learner);
    state[name_of(i, "w")] = places_[i]->w;
    state[name_of(i, "age")] = at::full({1}, places_[i]->age, at::kLong);
  }
  return state;
}

void LearnerPool::load(const std::map<std::string, Tensor>& state) {
  for (size_t i = 0; i < places_.size(); ++i) {
    places_[i].reset();
    const auto learner = state.find(name_of(i, "learner"));
    if (learner == state.end()) continue;
    const auto w = state.find(name_of(i, "w")), age = state.find(name_of(i, "age"));
    if (w == state.end() || age == state.end() || w->second.dim() != 1 || age->second.numel() != 1 ||
        age->second.scalar_type() != at::kLong || learner->second.scalar_type() != at::kByte)
      throw failure("checkpoint", "'" + name_of(i, "learner") + "' and what belongs to it are damaged");
    places_[i] = Aged{text_of(learner->second), w->second.clone(), age->second.item<int64_t>()};
  }
}

}  // namespace gtn
