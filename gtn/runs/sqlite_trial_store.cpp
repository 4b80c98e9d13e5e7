// Every function is one statement or one transaction, on one connection that the threads take in turn: a trial lasts a
// second or more, a statement some ten microseconds.
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <type_traits>

#include "gtn/core/json.h"
#include "gtn/runs/trial_file.h"

namespace gtn {
namespace fs = std::filesystem;
namespace {

const std::string kColumns =
    "id, stage, genotype, steps, seed, detail, work, state, attempts, score, result, fault, seconds";

// Any bytes as UTF-8 without zero bytes; text stays as it is.
std::string mended(std::string text) {
  std::replace(text.begin(), text.end(), '\0', ' ');
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

void require_text(const std::string& text, const std::string& name) {
  if (mended(text) != text) throw std::invalid_argument("the " + name + " of a trial is UTF-8 without zero bytes");
}

void require_json(const std::string& text, const std::string& name) {
  if (!Json::accept(text)) throw std::invalid_argument("the " + name + " of a trial is JSON, not " + text);
}

void require_finite(double value, const std::string& name) {
  if (!std::isfinite(value)) throw std::invalid_argument("the " + name + " of a trial is finite");
}

void require_plan(const TrialPlan& plan) {
  require_text(plan.stage, "stage");
  require_text(plan.genotype, "genotype");
  require_json(plan.detail, "detail");
  require_finite(plan.work, "work");
}

// One execution of a prepared statement, which is ready for the next however this one ends.
class Execution final {
 public:
  template <class... Values>
  explicit Execution(SQLite::Statement& statement, const Values&... values) : statement_(statement) {
    int index = 0;
    (bind(++index, values), ...);
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  ~Execution() { statement_.tryReset(); }

  // Whether there is a row more. A statement that writes is committed only when there is none.
  bool next() { return statement_.executeStep(); }
  void run() {
    while (next()) continue;
  }
  int64_t integer(int column) const { return statement_.getColumn(column).getInt64(); }
  double real(int column) const { return statement_.getColumn(column).getDouble(); }
  std::string text(int column) const { return statement_.getColumn(column).getString(); }
  bool is_null(int column) const { return statement_.getColumn(column).isNull(); }

 private:
  template <class Value>
  void bind(int index, const Value& value) {
    statement_.bind(index, value);
  }
  void bind(int index, std::string_view text) { statement_.bind(index, std::string(text)); }
  void bind(int index, const std::optional<double>& value) {
    value ? statement_.bind(index, *value) : statement_.bind(index);
  }

  SQLite::Statement& statement_;
};

struct Statements {
  explicit Statements(const SQLite::Database& database)
      : next_id(database, "SELECT coalesce(max(id), 0) + 1 FROM trials"),
        plan(database,
             "INSERT INTO trials (id, stage, genotype, steps, seed, detail, work) VALUES (?, ?, ?, ?, ?, ?, ?)"),
        claim(database,
              "UPDATE trials SET state = 'running', attempts = attempts + 1 WHERE id = (SELECT id FROM trials WHERE "
              "state = 'waiting' ORDER BY work DESC, id LIMIT 1) RETURNING " +
                  kColumns),
        end(database,
            "UPDATE trials SET state = ?, score = ?, result = ?, fault = ?, seconds = ? WHERE id = ? AND state = "
            "'running'"),
        put_back(database, "UPDATE trials SET state = 'waiting', fault = '' WHERE state = ?"),
        trials(database, "SELECT " + kColumns + " FROM trials WHERE id > ?2 AND (?1 = '' OR stage = ?1) ORDER BY id"),
        trial(database, "SELECT " + kColumns + " FROM trials WHERE id = ?"),
        count(database, "SELECT count(*) FROM trials WHERE state = ?1 AND (?2 = '' OR stage = ?2)") {}

  SQLite::Statement next_id, plan, claim, end, put_back, trials, trial, count;
};

class SqliteTrialStore final : public TrialStore {
 public:
  SqliteTrialStore(fs::path path, StoreAccess access)
      : path_(std::move(path)), access_(access), database_(open_trial_file(path_, access)), sql_(database_) {}

  int64_t plan(const std::vector<TrialPlan>& plans) override {
    std::for_each(plans.begin(), plans.end(), require_plan);
    return write([&] {
      SQLite::Transaction transaction(database_, SQLite::TransactionBehavior::IMMEDIATE);
      const int64_t first = next_id();
      int64_t id = first;
      for (const TrialPlan& plan : plans)
        Execution(sql_.plan, id++, plan.stage, plan.genotype, plan.steps, static_cast<int64_t>(plan.seed), plan.detail,
                  plan.work)
            .run();
      transaction.commit();
      return first;
    });
  }

  std::optional<Trial> claim() override {
    return write([&]() -> std::optional<Trial> {
      Execution claim(sql_.claim);
      if (!claim.next()) return std::nullopt;
      Trial trial = read_trial(claim);
      claim.run();
      return trial;
    });
  }

  void finish(int64_t id, const TrialResult& result) override {
    require_json(result.result, "result");
    const bool finite = result.score && std::isfinite(*result.score);
    end(id, TrialState::done, {finite ? result.score : std::nullopt, result.result, result.seconds}, "");
  }

  void fail(int64_t id, const std::string& fault, double seconds) override {
    end(id, TrialState::failed, {std::nullopt, "{}", seconds}, mended(fault));
  }

  int64_t release() override { return put_back(TrialState::running); }
  int64_t retry_failed() override { return put_back(TrialState::failed); }

  std::vector<Trial> trials(const std::string& stage, int64_t after) const override {
    return guarded([&] {
      std::vector<Trial> trials;
      for (Execution rows(sql_.trials, stage, after); rows.next();) trials.push_back(read_trial(rows));
      return trials;
    });
  }

  Trial trial(int64_t id) const override {
    return guarded([&] {
      Execution row(sql_.trial, id);
      if (row.next()) return read_trial(row);
      throw usage_error(path_.string(), "has no trial " + std::to_string(id) + "; it holds " +
                                            std::to_string(next_id() - 1) + ", counted from 1");
    });
  }

  int64_t count(TrialState state, const std::string& stage) const override {
    return guarded([&] {
      Execution row(sql_.count, name_of(state), stage);
      row.next();
      return row.integer(0);
    });
  }

 private:
  // Gives `action` the connection, and SQLite's errors our words.
  template <class Action>
  std::invoke_result_t<Action> guarded(const Action& action) const {
    const std::scoped_lock lock(mutex_);
    try {
      return action();
    } catch (const SQLite::Exception& error) {
      throw trial_file_error(path_, error);
    }
  }

  template <class Action>
  std::invoke_result_t<Action> write(const Action& action) {
    if (access_ == StoreAccess::read) throw std::logic_error("a trial store that is only read cannot be changed");
    return guarded(action);
  }

  void end(int64_t id, TrialState state, const TrialResult& result, const std::string& fault) {
    require_finite(result.seconds, "time");
    write([&] {
      Execution(sql_.end, name_of(state), result.score, result.result, fault, result.seconds, id).run();
      if (database_.getChanges() == 0)
        throw std::logic_error("trial " + std::to_string(id) + " is not running, so that it cannot end");
    });
  }

  int64_t put_back(TrialState state) {
    return write([&] {
      Execution(sql_.put_back, name_of(state)).run();
      return int64_t{database_.getChanges()};
    });
  }

  int64_t next_id() const {
    Execution row(sql_.next_id);
    row.next();
    return row.integer(0);
  }

  TrialState state_of(const std::string& text) const {
    for (const auto& [state, name] : names_of(TrialState::waiting))
      if (name == text) return state;
    throw failure(path_.string(), "is damaged (a trial has no known state); take it from a copy");
  }

  // Of a row of kColumns.
  Trial read_trial(const Execution& row) const {
    Trial trial{.id = row.integer(0),
                .plan = {row.text(1), row.text(2), row.integer(3), static_cast<uint64_t>(row.integer(4)), row.text(5),
                         row.real(6)},
                .state = state_of(row.text(7)),
                .attempts = row.integer(8),
                .score = std::nullopt,
                .result = row.text(10),
                .fault = row.text(11),
                .seconds = row.real(12)};
    if (!row.is_null(9)) trial.score = row.real(9);
    return trial;
  }

  const fs::path path_;
  const StoreAccess access_;
  mutable std::mutex mutex_;  // guards what follows
  SQLite::Database database_;
  mutable Statements sql_;
};

}  // namespace

std::unique_ptr<TrialStore> open_trial_store(const fs::path& path, StoreAccess access) {
  if (access == StoreAccess::create) create_trial_file(path);
  try {
    return std::make_unique<SqliteTrialStore>(path, access);
  } catch (const SQLite::Exception& error) {  // a table that its statements do not fit
    throw trial_file_error(path, error);
  }
}

}  // namespace gtn
