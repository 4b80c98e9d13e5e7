// What gtn search found, as tables, as JSON, and as files in the run's folder.
#pragma once

#include <map>

#include "cli/search_run.h"
#include "gtn/core/json.h"
#include "gtn/search/ranking.h"

namespace gtn {

// The trained candidate that validation prefers, and its accuracy on the test split, which is read for it alone.
struct Winner {
  Trial trial;
  double test = 0;
};

inline constexpr int64_t kFewestForInterval = 8;  // candidates below which a bootstrap interval is too narrow to go by

// How far the estimates rank as real training does, on the candidates that were trained for it.
struct Reliability {
  struct Row {
    std::string name;
    double spearman = 0, kendall = 0;
    Interval spearman_interval, kendall_interval;  // 95 %
    double seconds = 0;                            // that it takes for a candidate
  };
  int64_t candidates = 0;
  std::vector<Row> rows;  // the first is what the search ranked by
  std::string advice;     // a plain sentence
};

struct SearchReport {
  Ranking ranking;
  std::vector<Trial> failed;             // with their reasons; also what diverged
  std::vector<size_t> pareto;            // indices into the ranking: by the objectives, accuracy being the score
  std::vector<Trial> trained;            // on real data, the best first
  std::optional<Winner> winner;          // none where none was trained
  std::map<std::string, double> tested;  // by genotype: every winner that this run had, after each of its sittings
  std::optional<Reliability> reliability;
  double scoring_seconds = 0;  // of all candidates together
};

// Reads the test split for the winner, once in the life of a run for each that wins.
SearchReport report_of(const SearchRun& run);

// What candidates were trained on to be scored: "the curriculum".
std::string scored_on(ScoredBy estimator);

std::string search_text(const SearchReport& report, const SearchRun& run);
Json search_json(const SearchReport& report, const SearchRun& run);

// Of the best final network, in the run's folder.
inline constexpr const char* kWinnerFile = "winner.safetensors";

// result.json, winner.txt (the learner), kWinnerFile and winner.dot in the run's folder.
void write_results(const SearchReport& report, const SearchRun& run);

}  // namespace gtn
