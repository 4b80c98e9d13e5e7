// gtn report: runs, evaluations, studies and teachers as one page for a browser.
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <sstream>

#include "cli/report_data.h"
#include "cli/report_serve.h"
#include "cli/verbs.h"
#include "gtn/core/error.h"
#include "gtn/core/file.h"
#include "gtn/report/page.h"

namespace gtn {
namespace {

namespace fs = std::filesystem;

struct ReportFlags {
  std::vector<std::string> paths;
  std::string out;
  bool serve = false;
  int port = 0;
};

// Another text whenever a file that a report reads has changed.
std::string state_of(const std::vector<std::string>& paths) {
  std::ostringstream state;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    state << file << ' ' << fs::file_size(file, error) << ' '
          << fs::last_write_time(file, error).time_since_epoch().count() << '\n';
  };
  for (const std::string& path : paths) {
    add(path);
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) add(entry.path());
  }
  return state.str();
}

int serve_verb(const ReportFlags& flags) {
  std::mutex mutex;
  std::string state = state_of(flags.paths);
  Json data = report_data(flags.paths);  // what is wrong with the paths is said before anything is served
  const auto newest = [&] {
    const std::lock_guard lock(mutex);
    if (const std::string now = state_of(flags.paths); now != state) {
      data = report_data(flags.paths);
      state = now;
    }
    return data;
  };
  serve_page(newest, flags.port, [](const std::string& address) {
    std::printf("%s   (Ctrl-C ends it)\n", address.c_str());
    std::fflush(stdout);
  });
  return 0;
}

// page.html in the folder of the first run, or here where it is none.
std::string usual_page(const ReportFlags& flags) {
  const std::filesystem::path& first = flags.paths.front();
  return ((std::filesystem::is_directory(first) ? first : std::filesystem::path()) / "page.html").string();
}

int report_verb(ReportFlags& flags) {
  if (flags.serve && !flags.out.empty())
    throw usage_error("report", "either writes --out PAGE.html or answers by --serve");
  if (flags.port != 0 && !flags.serve) throw usage_error("--port", "goes with --serve");
  if (flags.serve) return serve_verb(flags);
  if (flags.out.empty()) flags.out = usual_page(flags);
  const std::string page = render_page(report_data(flags.paths), PageKind::file);
  write_file_atomic(flags.out, page);
  std::printf("%s (%zu kB, opens in any browser, needs no network)\n", flags.out.c_str(), (page.size() + 999) / 1000);
  return 0;
}

}  // namespace

void add_report(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<ReportFlags>();
  CLI::App* verb = program.add_subcommand("report", "A page with charts of runs, evaluations, searches and studies");
  verb->add_option("run", flags->paths,
                   "a run's folder, a teacher.safetensors, or the JSON of an evaluation or study; several stand side "
                   "by side")
      ->required();
  verb->add_option("--out", flags->out,
                   "the page: one HTML file that needs no other (default: page.html in the first run)");
  verb->add_flag("--serve", flags->serve, "show it at an address of this machine alone, following what is written");
  verb->add_option("--port", flags->port, "with --serve (default: any that is free)")->check(whole_number(1, 65535));
  verb->footer(
      "Example:\n  gtn report runs/quickstart\n  gtn report runs/seed1 runs/seed2 runs/search --out "
      "page.html\n  gtn report --serve runs/first");
  verb->callback([flags, &chosen] { chosen = [flags] { return report_verb(*flags); }; });
}

}  // namespace gtn
