// The SQLite file of a trial store: its schema, how it is made, opened and recognised, and its errors in our words.
#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <filesystem>

#include "gtn/core/error.h"
#include "gtn/runs/trial_store.h"

namespace gtn {

// Makes a file without trials. It appears at `path` whole or not at all. Throws as open_trial_store does.
void create_trial_file(const std::filesystem::path& path);

// Connects to a file that is there. Throws as open_trial_store does; `create` is the same as `write`.
SQLite::Database open_trial_file(const std::filesystem::path& path, StoreAccess access);

// What SQLite said of `path`, as a failure that says what to do.
Error trial_file_error(const std::filesystem::path& path, const SQLite::Exception& error);

}  // namespace gtn
