// The store in a SQLite file: the contract, and what may happen to a file.
#include "gtn/runs/trial_store.h"

#include <SQLiteCpp/Database.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>

#include "gtn/core/file.h"
#include "tests/core/full_disk.h"
#include "tests/core/temporary_folder.h"
#include "tests/runs/trial_store_contract.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;
using Store = std::unique_ptr<TrialStore>;

class TrialFile : public testing::Test {
 protected:
  Store open(StoreAccess access) const { return open_trial_store(path_, access); }

  // So many trials, of which the first `done` are done and the next runs.
  Store make(int64_t planned, int64_t done) const {
    Store store = open(StoreAccess::create);
    store->plan(std::vector<TrialPlan>(static_cast<size_t>(planned), sample_plan()));
    for (int64_t i = 0; i < done; ++i) store->finish(store->claim()->id, {0.1 * static_cast<double>(i)});
    store->claim();
    return store;
  }

  size_t files() const { return std::distance(fs::directory_iterator(folder_.path()), fs::directory_iterator()); }

  const TemporaryFolder folder_;
  const fs::path path_ = folder_ / "trials.sqlite";
};

TEST_F(TrialFile, holds_to_the_contract_of_every_store) {
  int made = 0;
  expect_trial_store_contract(
      [&] { return open_trial_store(folder_ / (std::to_string(++made) + ".sqlite"), StoreAccess::create); });
}

TEST_F(TrialFile, keeps_everything_until_it_is_opened_again) {
  Store store = make(5, 2);
  store->fail(3, "no memory", 1);
  store->claim();
  const std::vector<Trial> before = store->trials();
  store.reset();
  EXPECT_EQ(files(), 1u) << "a store that was closed is one file";
  EXPECT_EQ(open(StoreAccess::read)->trials(), before);
  EXPECT_EQ(files(), 1u) << "a reader left its own files behind";
  EXPECT_EQ(open(StoreAccess::write)->trials(), before);
}

TEST_F(TrialFile, a_reader_sees_what_is_written_beside_it_and_changes_nothing) {
  const Store writer = make(3, 1), reader = open(StoreAccess::read);
  EXPECT_EQ(counts_of(*reader), (Counts{1, 1, 1, 0}));
  writer->finish(2, {0.5});
  writer->plan({sample_plan()});
  EXPECT_EQ(counts_of(*reader), (Counts{2, 0, 2, 0}));
  EXPECT_THROW(reader->claim(), std::logic_error);
  EXPECT_THROW(reader->plan({sample_plan()}), std::logic_error);
  EXPECT_THROW(reader->fail(2, "", 0), std::logic_error);
  EXPECT_THROW(reader->release(), std::logic_error);
  EXPECT_EQ(reader->trials(), writer->trials());
}

TEST_F(TrialFile, is_told_from_other_files) {
  expect_error([&] { open(StoreAccess::read); }, ErrorKind::usage, {path_.string(), "does not exist"});
  expect_error([&] { open_trial_store(folder_.path(), StoreAccess::write); }, ErrorKind::usage, {"is no file"});
  expect_error([&] { open_trial_store(folder_ / "none" / "t", StoreAccess::create); }, ErrorKind::failure,
               {"none/t: could not be opened or written", "check its permissions"});
  write_file_atomic(path_, "id,stage\n1,estimate\n" + std::string(2000, 'x'));
  for (const StoreAccess access : {StoreAccess::read, StoreAccess::write})
    expect_error([&] { open(access); }, ErrorKind::failure, {path_.string(), "is no trial store", "give the trials"});
  const std::string before = read_file(path_);
  expect_error([&] { open(StoreAccess::create); }, ErrorKind::usage, {path_.string(), "is there already"});
  EXPECT_EQ(read_file(path_), before);
  write_file_atomic(path_, "");
  expect_error([&] { open(StoreAccess::write); }, ErrorKind::failure, {"is a database, but no trial store"});
  EXPECT_EQ(files(), 1u);
}

TEST_F(TrialFile, of_another_version_is_refused_by_name) {
  make(1, 0).reset();
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 7");
  for (const StoreAccess access : {StoreAccess::read, StoreAccess::write})
    expect_error([&] { open(access); }, ErrorKind::failure,
                 {path_.string(), "is a trial store of version 7", "knows version 2", "use the program that wrote it"});
  SQLite::Database(path_.string(), SQLite::OPEN_READWRITE)
      .exec("PRAGMA user_version = 2; ALTER TABLE trials RENAME score TO points");
  expect_error([&] { open(StoreAccess::read); }, ErrorKind::failure, {"is damaged", "score"});
}

TEST_F(TrialFile, does_not_take_the_log_of_one_that_was_deleted) {
  {
    const Store old = make(9, 4);
    fs::copy_file(path_.string() + "-wal", folder_ / "log");
  }
  fs::remove(path_);
  fs::rename(folder_ / "log", path_.string() + "-wal");
  EXPECT_TRUE(open(StoreAccess::create)->trials().empty());
}

// As a user who may not write to `folder`, until the end of the scope.
class WithoutPermission {
 public:
  explicit WithoutPermission(const fs::path& folder) {
    fs::permissions(folder, fs::perms(0555));
    if (::geteuid() == 0 && ::seteuid(65534) != 0) ADD_FAILURE() << "root cannot become nobody";
  }
  WithoutPermission(const WithoutPermission&) = delete;
  WithoutPermission& operator=(const WithoutPermission&) = delete;
  ~WithoutPermission() {
    if (::seteuid(::getuid()) != 0) ADD_FAILURE() << "nobody cannot become root again";
  }
};

TEST_F(TrialFile, in_a_folder_that_is_only_read_can_be_read) {
  const fs::path folder = folder_ / "100% of #1?";  // an address of SQLite's own has to spell these
  fs::create_directory(folder);
  const fs::path path = folder / "trials.sqlite";
  { open_trial_store(path, StoreAccess::create)->plan({sample_plan()}); }
  fs::permissions(path, fs::perms(0444));
  fs::permissions(folder_.path(), fs::perms(0755));
  {
    const WithoutPermission nobody(folder);
    EXPECT_EQ(open_trial_store(path, StoreAccess::read)->trials().size(), 1u);
    expect_error([&] { open_trial_store(path, StoreAccess::write); }, ErrorKind::failure,
                 {path.string() + ": cannot be written; check its permissions"});
    expect_error([&] { open_trial_store(folder / "new", StoreAccess::create); }, ErrorKind::failure,
                 {"new: could not be opened or written", "permissions"});
  }
  fs::permissions(folder, fs::perms(0755));
}

TEST_F(TrialFile, a_full_disk_loses_nothing) {
  const Store store = make(3, 1);
  const std::vector<Trial> before = store->trials();
  TrialPlan large = sample_plan();
  large.detail = Json(std::string(20000, 'x')).dump();
  {
    const FullDisk full(fs::file_size(path_.string() + "-wal"));
    for (const auto& act : std::vector<std::function<void()>>{[&] {
                                                                store->plan({sample_plan(), large});
                                                              },
                                                              [&] {
                                                                store->finish(2, {0.5, large.detail, 1});
                                                              },
                                                              [&] { store->claim(); }})
      expect_error(act, ErrorKind::failure, {path_.string(), "could not be read or written", "free some space"});
    EXPECT_EQ(store->trials(), before);
  }
  {
    const FullDisk full(5000);
    expect_error([&] { open_trial_store(folder_ / "new", StoreAccess::create); }, ErrorKind::failure,
                 {"new: could not be read or written"});
  }
  EXPECT_EQ(files(), 3u) << "a part of the new store is left";
  EXPECT_EQ(store->plan({large}), 4);
  store->finish(2, {0.5, large.detail, 1});
  EXPECT_EQ(store->claim()->id, 3);
}

// A child that claims and finishes until it is killed, and tells every trial that is done.
class Worker {
 public:
  explicit Worker(const fs::path& path) {
    if (::pipe(reports_.data()) != 0) throw std::runtime_error("no pipe");
    child_ = ::fork();
    if (child_ != 0) {
      ::close(reports_[1]);
      return;
    }
    const Store store = open_trial_store(path, StoreAccess::write);
    while (const std::optional<Trial> trial = store->claim()) {
      store->finish(trial->id, {static_cast<double>(trial->id), Json(std::string(300, 'r')).dump(), 1});
      static_cast<void>(!::write(reports_[1], &trial->id, sizeof trial->id));
    }
    for (;;) ::pause();
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() { ::close(reports_[0]); }

  // The next trial that it said was done; none when it is dead and all is read.
  std::optional<int64_t> next() {
    int64_t id = 0;
    return ::read(reports_[0], &id, sizeof id) == sizeof id ? std::optional(id) : std::nullopt;
  }
  void kill() {
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }

 private:
  std::array<int, 2> reports_{};
  pid_t child_ = 0;
};

TEST_F(TrialFile, outlives_a_process_that_is_killed) {
  { open(StoreAccess::create)->plan(std::vector<TrialPlan>(3000, sample_plan())); }
  std::set<int64_t> reported;
  int64_t released = 0;
  for (const int reports : {1, 7, 40, 90, 200}) {
    Worker worker(path_);
    for (int i = 0; i < reports; ++i) reported.insert(worker.next().value_or(0));
    const auto seen = open(StoreAccess::read)->count(TrialState::done);  // while the other writes
    EXPECT_GE(seen, static_cast<int64_t>(reported.size()));
    ::usleep(reports * 17 % 100);
    worker.kill();
    while (const std::optional<int64_t> id = worker.next()) reported.insert(*id);

    const Store store = open(StoreAccess::write);
    for (const int64_t id : reported) {
      EXPECT_EQ(store->trial(id).state, TrialState::done);
      EXPECT_EQ(store->trial(id).score, static_cast<double>(id));
    }
    const int64_t running = store->count(TrialState::running), done = store->count(TrialState::done);
    EXPECT_LE(running, 1);
    EXPECT_EQ(store->release(), running);
    released += running;
    EXPECT_EQ(store->count(TrialState::running), 0);
    // One may be done and not reported each time.
    EXPECT_GE(done, static_cast<int64_t>(reported.size()));
    EXPECT_LE(done, static_cast<int64_t>(reported.size()) + 5);
  }
  const Store store = open(StoreAccess::write);
  for (const Trial& trial : store->trials()) EXPECT_LE(trial.attempts, 1 + released);
}

// Everything that a program does with a store, of any content.
void use(const fs::path& path) {
  { open_trial_store(path, StoreAccess::read)->trials(); }
  const Store store = open_trial_store(path, StoreAccess::write);
  store->release();
  store->retry_failed();
  store->plan({sample_plan()});
  try {
    if (const std::optional<Trial> trial = store->claim()) store->finish(trial->id, {0.5});
  } catch (const std::logic_error&) {  // the damage lies in an id
  }
  counts_of(*store);
}

TEST_F(TrialFile, damaged_is_read_or_refused_and_never_worse) {
  make(60, 30).reset();
  const std::string valid = read_file(path_);
  int refused = 0;
  EXPECT_TRUE(rc::check("damaged", [&] {
    std::string bytes = valid;
    // Half of the edits lie in the first page, which holds the schema and is most of what can go wrong.
    const auto edits = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::pair<size_t, char>>>(
        rc::gen::pair(rc::gen::oneOf(rc::gen::inRange<size_t>(0, 4096), rc::gen::inRange<size_t>(0, valid.size())),
                      rc::gen::arbitrary<char>())));
    for (const auto& [place, value] : edits) bytes[place] = value;
    if (*rc::gen::inRange(0, 4) == 0) bytes.resize(*rc::gen::inRange<size_t>(0, valid.size()));
    for (const char* ending : {"-wal", "-shm"}) fs::remove(path_.string() + ending);
    std::ofstream(path_, std::ios::binary) << bytes;
    try {
      use(path_);
    } catch (const Error& error) {
      RC_ASSERT(std::string(error.what()).starts_with(path_.string() + ": "));
      ++refused;
    }
  }));
  EXPECT_GT(refused, 10) << "the damage was not felt";
}

TEST_F(TrialFile, a_damaged_log_loses_its_end_and_nothing_else) {
  const int64_t kDone = 30;
  const Store store = make(60, kDone);
  const std::string file = read_file(path_), log = read_file(path_.string() + "-wal");
  const fs::path copy = folder_ / "copy.sqlite";
  int64_t fewest = kDone;
  EXPECT_TRUE(rc::check("damaged log", [&] {
    std::string bytes = log;
    bytes[*rc::gen::inRange<size_t>(log.size() / 4, log.size())] ^= *rc::gen::element<char>(1, -1, 64);
    bytes.resize(*rc::gen::inRange<size_t>(log.size() / 2, log.size()));
    fs::remove(copy.string() + "-shm");
    std::ofstream(copy, std::ios::binary) << file;
    std::ofstream(copy.string() + "-wal", std::ios::binary) << bytes;
    const std::vector<Trial> trials = open_trial_store(copy, StoreAccess::write)->trials();
    RC_ASSERT(trials.size() == 60u);
    int64_t done = 0;
    while (trials[static_cast<size_t>(done)].state == TrialState::done) ++done;
    for (const Trial& trial : trials)
      RC_ASSERT((trial.id <= done       ? trial == store->trial(trial.id)
                 : trial.id == done + 1 ? trial.state != TrialState::failed
                                        : trial.state == TrialState::waiting));
    fewest = std::min(fewest, done);
  }));
  EXPECT_LT(fewest, kDone) << "the damage was not felt";
}

}  // namespace
}  // namespace gtn
