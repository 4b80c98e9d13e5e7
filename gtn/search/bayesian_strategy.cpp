#include <algorithm>
#include <set>
#include <span>

#include "gtn/search/gaussian_process.h"
#include "gtn/search/proposal_batch.h"
#include "gtn/search/strategies.h"

namespace gtn {
namespace {

constexpr std::ptrdiff_t kModelled = 500;  // outcomes at most: the model's cost grows with the cube

// All outcomes, or, where they are too many, half of kModelled of the best and as many of the latest; in the order in
// which they were told.
std::vector<const Outcome*> modelled(const std::vector<Outcome>& told, const std::vector<const Outcome*>& best) {
  const std::ptrdiff_t latest = std::ssize(told) <= kModelled ? std::ssize(told) : kModelled / 2;
  std::set<const Outcome*> chosen;
  for (const Outcome& outcome : std::span(told).last(static_cast<size_t>(latest))) chosen.insert(&outcome);
  chosen.insert(best.begin(), best.begin() + std::min(std::ssize(best), kModelled - latest));
  return {chosen.begin(), chosen.end()};
}

// [n] of mean 0 and deviation 1; a failed one has the worst score of the others.
Tensor standardised_scores(const std::vector<const Outcome*>& outcomes) {
  Tensor scores = at::empty({std::ssize(outcomes)}, at::kDouble);
  for (size_t i = 0; i < outcomes.size(); ++i) scores[static_cast<int64_t>(i)] = outcomes[i]->score;
  const Tensor finite = at::isfinite(scores);
  if (!finite.any().item<bool>()) return at::zeros_like(scores);
  scores = at::where(finite, scores, scores.masked_select(finite).min());
  return (scores - scores.mean()) / scores.std(/*unbiased=*/false).clamp_min(1e-12);
}

class BayesianStrategy final : public Strategy {
 public:
  BayesianStrategy(const SearchSetting& setting, const StrategyConfig& config)
      : setting_(setting), initial_(config.initial), pool_(config.pool) {}

  std::vector<Proposal> ask(const std::vector<Outcome>& told, int64_t count) const override {
    ProposalBatch batch(setting_.space, told, count);
    const std::vector<const Outcome*> best = best_first(told);
    while (!batch.full() && (best.empty() || batch.position() < static_cast<uint64_t>(initial_)))
      if (!batch.add_random(setting_.steps, setting_.key.split(batch.position()))) break;
    if (!batch.full() && !best.empty()) add_promising(batch, modelled(told, best), pool(told, best, count));
    return batch.proposals();
  }

 private:
  // Unseen candidates: up to half are neighbours, of the best told, then of the second, and so on; the rest random.
  std::vector<Proposal> pool(const std::vector<Outcome>& told, const std::vector<const Outcome*>& best,
                             int64_t count) const {
    const int64_t size = std::max(pool_, count);
    ProposalBatch pool(setting_.space, told, size);
    for (size_t i = 0; i < best.size() && std::ssize(pool.proposals()) < size / 2; ++i)
      for (const std::string& neighbour : setting_.space.neighbours(best[i]->proposal.genotype))
        if (std::ssize(pool.proposals()) < size / 2) pool.add(neighbour, setting_.steps);
    const Key key = setting_.key.split("pool").split(told.size());
    while (pool.add_random(setting_.steps, key.split(pool.position()))) {
    }
    return pool.proposals();
  }

  void add_promising(ProposalBatch& batch, const std::vector<const Outcome*>& told,
                     const std::vector<Proposal>& pool) const {
    std::vector<std::vector<std::string>> bags;
    for (const Outcome* outcome : told) bags.push_back(setting_.space.features(outcome->proposal.genotype));
    for (const Proposal& candidate : pool) bags.push_back(setting_.space.features(candidate.genotype));
    const Tensor distances = word_distances(bags);
    Tensor known = at::arange(std::ssize(told), at::kLong), scores = standardised_scores(told);
    const auto among = [&](const Tensor& rows) { return distances.index_select(0, rows).index_select(1, known); };
    const KernelParameters parameters = fit_kernel(among(known), scores);
    Tensor left = at::arange(std::ssize(told), std::ssize(bags), at::kLong);
    while (!batch.full() && left.numel() > 0) {
      const Posterior posterior = GaussianProcess(among(known), scores, parameters).posterior(among(left));
      const int64_t pick = expected_improvement(posterior, scalar(scores.max())).argmax().item<int64_t>();
      batch.add(pool[static_cast<size_t>(left[pick].item<int64_t>() - std::ssize(told))].genotype, setting_.steps);
      known = at::cat({known, left.narrow(0, pick, 1)});
      scores = at::cat({scores, posterior.mean.narrow(0, pick, 1)});
      left = at::cat({left.slice(0, 0, pick), left.slice(0, pick + 1)});
    }
  }

  SearchSetting setting_;
  int64_t initial_, pool_;
};

}  // namespace

std::unique_ptr<Strategy> bayesian_strategy(const SearchSetting& setting, const StrategyConfig& config) {
  return std::make_unique<BayesianStrategy>(setting, config);
}

}  // namespace gtn
