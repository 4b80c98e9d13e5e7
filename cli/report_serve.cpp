#include "cli/report_serve.h"

#include <httplib.h>

#include <chrono>
#include <thread>

#include "gtn/core/error.h"
#include "gtn/report/page.h"
#include "gtn/runs/interrupt.h"

namespace gtn {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
constexpr std::chrono::milliseconds kLook{100};  // between two looks whether a person wants to stop

// A site that has its name point to this machine (DNS rebinding) would still call it by that name.
bool is_addressed_to_us(const httplib::Request& request, int port) {
  const std::string host = request.get_header_value("Host"), end = ":" + std::to_string(port);
  return host == kLoopback + end || host == "localhost" + end;
}

}  // namespace

void serve_page(const std::function<Json()>& data, int port, const std::function<void(const std::string&)>& ready) {
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(2); };  // the library's own way to say so
  if (port == 0)
    port = server.bind_to_any_port(kLoopback);
  else if (!server.bind_to_port(kLoopback, port))
    port = -1;
  if (port < 0)
    throw failure("--port", "is taken by another program; choose another, or leave it out for any free one");
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
    if (is_addressed_to_us(request, port)) return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    return httplib::Server::HandlerResponse::Handled;
  });
  server.set_default_headers({{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}});
  server.set_exception_handler([](const httplib::Request&, httplib::Response& response, std::exception_ptr fault) {
    response.status = 500;
    try {
      std::rethrow_exception(fault);
    } catch (const std::exception& error) {
      response.set_content(error.what(), "text/plain; charset=utf-8");
    }
  });
  server.Get("/", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(render_page(data(), PageKind::served), "text/html; charset=utf-8");
  });
  server.Get("/data.json", [&](const httplib::Request&, httplib::Response& response) {
    response.set_content(page_json(data()), "application/json");
  });
  server.Get("/favicon.ico", [](const httplib::Request&, httplib::Response& response) { response.status = 204; });
  const InterruptGuard interrupt;
  const std::jthread watch([&](const std::stop_token& stop) {
    while (!interrupt.requested() && !stop.stop_requested()) std::this_thread::sleep_for(kLook);
    server.stop();
  });
  ready("http://" + std::string(kLoopback) + ":" + std::to_string(port) + "/");
  server.listen_after_bind();
}

}  // namespace gtn
