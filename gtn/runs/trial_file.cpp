#include "gtn/runs/trial_file.h"

#include <SQLiteCpp/Column.h>
#include <sqlite3.h>
#include <unistd.h>

#include <string>

namespace gtn {
namespace fs = std::filesystem;
namespace {

constexpr int kApplication = 0x47544e54;  // "GTNT", in bytes 68 to 71 of the file
constexpr int kVersion = 2;
constexpr int kPatience = 10'000;  // milliseconds to wait for another process's transaction

// PostgreSQL takes the same table with BIGINT and DOUBLE PRECISION for INTEGER and REAL. `seed` holds the 64 bits of an
// unsigned number. Leases come as version 3: columns lease_owner, lease_token and lease_until that may be null, which
// claim() sets and finish() and fail() compare. The index is what makes a claim as fast among many trials as among few.
const std::string kSchema = R"(
  CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    stage TEXT NOT NULL,
    genotype TEXT NOT NULL,
    steps INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    detail TEXT NOT NULL,
    work REAL NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    score REAL,
    result TEXT NOT NULL DEFAULT '{}',
    fault TEXT NOT NULL DEFAULT '',
    seconds REAL NOT NULL DEFAULT 0
  );
  CREATE INDEX trials_by_state ON trials (state, work DESC, id);
)";

fs::path beside(const fs::path& path, const std::string& ending) { return path.string() + ending; }

// The log of a file that was deleted by hand would be taken for the log of the new one.
void remove_with_logs(const fs::path& path) {
  std::error_code ignored;
  for (const char* ending : {"", "-journal", "-wal", "-shm"}) fs::remove(beside(path, ending), ignored);
}

// A write-ahead log needs files beside the store. Where none can be made, on a medium that is only read, a store whose
// log is empty is read without one: nobody can change it.
bool needs_no_log(SQLite::Database& database, const fs::path& path) {
  const int code = database.tryExec("SELECT count(*) FROM sqlite_schema");
  return (code == SQLITE_READONLY || code == SQLITE_CANTOPEN) && !fs::exists(beside(path, "-wal"));
}

SQLite::Database without_log(const fs::path& path) {
  std::string uri = "file:";
  for (const char c : fs::absolute(path).string()) {
    if (c == '%' || c == '?' || c == '#')
      uri += c == '%' ? "%25" : c == '?' ? "%3f" : "%23";
    else
      uri += c;
  }
  return {uri + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI};
}

SQLite::Database connect(const fs::path& path, StoreAccess access) {
  SQLite::Database database(path.string(), SQLite::OPEN_READWRITE, kPatience);
  if (access == StoreAccess::read) {
    if (needs_no_log(database, path)) database = without_log(path);
    // Not opened read-only: such a connection cannot clear the log's files away when it is the last to close.
    database.exec("PRAGMA query_only = ON");
  } else if (sqlite3_db_readonly(database.getHandle(), "main") == 1) {
    throw failure(path.string(), "cannot be written; check its permissions and those of its folder");
  }
  return database;
}

void recognise(SQLite::Database& database, const fs::path& path) {
  if (database.execAndGet("PRAGMA application_id").getInt() != kApplication)
    throw failure(path.string(), "is a database, but no trial store; give the trials.sqlite of a run");
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version != kVersion)
    throw failure(path.string(), "is a trial store of version " + std::to_string(version) +
                                     ", this program knows version " + std::to_string(kVersion) +
                                     "; use the program that wrote it");
}

// What is to be done about an error of SQLite's; `said` are its words.
std::string cure(int code, const std::string& said) {
  switch (code) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return "could not be read or written (" + said +
             "); check the disk, free some space and go on with --resume. What was reported done is safe";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "could not be opened or written (" + said + "); check its permissions and those of its folder";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return "is being written by another process (" + said + "); wait until it ends";
    case SQLITE_NOTADB:
      return "is no trial store (" + said + "); give the trials.sqlite of a run";
    default:
      return "is damaged (" + said + "); take it from a copy, or save what can be read with sqlite3's '.recover'";
  }
}

}  // namespace

void create_trial_file(const fs::path& path) {
  std::error_code error;
  if (fs::exists(path, error)) throw usage_error(path.string(), "is there already; go on with it, or choose another");
  const fs::path temporary = beside(path, ".tmp" + std::to_string(::getpid()));
  remove_with_logs(temporary);
  try {
    SQLite::Database database(temporary.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    database.exec("BEGIN; PRAGMA application_id = " + std::to_string(kApplication) +
                  "; PRAGMA user_version = " + std::to_string(kVersion) + ";" + kSchema + "COMMIT");
  } catch (const SQLite::Exception& fault) {
    remove_with_logs(temporary);
    throw trial_file_error(path, fault);
  }
  remove_with_logs(path);
  fs::rename(temporary, path, error);
  if (error) {
    remove_with_logs(temporary);
    throw failure(path.string(), "could not be written (" + error.message() + "); choose another folder");
  }
}

SQLite::Database open_trial_file(const fs::path& path, StoreAccess access) {
  std::error_code error;
  if (!fs::exists(path, error)) throw usage_error(path.string(), "does not exist; give the trials.sqlite of a run");
  if (!fs::is_regular_file(path, error))
    throw usage_error(path.string(), "is no file; give the trials.sqlite of a run");
  try {
    SQLite::Database database = connect(path, access);
    recognise(database, path);
    // Without a sync at each commit: what is written is safe from the end of the process, and the log's checksums keep
    // the store whole where the machine loses its power.
    if (access != StoreAccess::read) database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
    // The file may come from a stranger, or be damaged.
    database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON");
    return database;
  } catch (const SQLite::Exception& fault) {
    throw trial_file_error(path, fault);
  }
}

Error trial_file_error(const fs::path& path, const SQLite::Exception& error) {
  return failure(path.string(), cure(error.getErrorCode() & 0xff, error.what()));
}

}  // namespace gtn
