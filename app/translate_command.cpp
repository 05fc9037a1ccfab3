// quince translate: what the translator makes of a piece of guest code.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "app/code_file.h"
#include "app/commands.h"
#include "app/engine.h"
#include "app/error_line.h"
#include "app/listing.h"
#include "app/words.h"

namespace quince::app {

namespace {

struct Options {
  std::string file;
  std::optional<std::string> at;
  std::string count = "32";
  std::vector<std::string> show = {"guest", "ir", "host"};
  std::string tier = "1";
  std::string cpu = "750";
  std::string setting;
  translator::JitParts off;
};

struct Request {
  std::optional<u32> at;
  u64 count = 0;
  ListingColumns columns;
  bool whole_file = false;
  bool list = true, totals = false;
};

struct Start {
  const CodePiece* piece;
  u32 at;
};

struct Totals {
  u64 blocks = 0, guest = 0, host = 0, bytes = 0, far_bytes = 0;
};

int failure(int status, const std::string& message) {
  print_error(message);
  return status;
}

std::optional<u64> number(const std::string& text, u64 most) {
  char* end = nullptr;
  errno = 0;
  const u64 value = std::strtoull(text.c_str(), &end, 0);
  const bool is_number =
      !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) && *end == '\0';
  if (!is_number || errno != 0 || value > most) return std::nullopt;
  return value;
}

// The error is a message.
tl::expected<Request, std::string> understand(const Options& options) {
  Request request;
  if (options.tier != "1")
    return tl::unexpected("--tier " + options.tier + ": this version has tier 1 only (leave it out)");
  if (options.at) {
    const auto at = number(*options.at, 0xffff'ffff);
    if (!at || *at % 4 != 0) {
      return tl::unexpected("--at " + *options.at +
                            ": not the address of an instruction (give a multiple of 4, such as 0x10000100)");
    }
    request.at = static_cast<u32>(*at);
  }
  const auto count = options.count == "all" ? u64{1} << 30 : number(options.count, u64{1} << 30).value_or(0);
  if (count == 0)
    return tl::unexpected("--count " + options.count + ": not a number of instructions (give one, or all)");
  request.count = count;
  request.whole_file = options.count == "all" && !request.at;
  const auto shows = [&](const char* word) {
    return std::find(options.show.begin(), options.show.end(), word) != options.show.end();
  };
  request.columns = {shows("guest"), shows("ir"), shows("host")};
  request.list = request.columns.guest || request.columns.ir || request.columns.host;
  request.totals = shows("totals");
  return request;
}

std::string places(const CodeFile& file) {
  std::string text;
  for (const CodePiece& piece : file.pieces) {
    std::array<char, 32> range;
    std::snprintf(range.data(), range.size(), "%s0x%x to 0x%x", text.empty() ? "" : ", ", piece.address,
                  static_cast<u32>(piece.end() - 1));
    text += range.data();
  }
  return text;
}

// Empty if the address is in none of the file's pieces.
std::vector<Start> where_to_start(const CodeFile& file, const Request& request) {
  std::vector<Start> starts;
  const u32 at = request.at.value_or(file.entry);
  for (const CodePiece& piece : file.pieces) {
    if (request.whole_file) {
      starts.push_back({&piece, piece.address});
    } else if (piece.contains(at)) {
      starts.push_back({&piece, at});
    }
  }
  return starts;
}

void translate_piece(jit::Workbench& workbench, const Start& start, const Request& request, Totals& totals) {
  const u64 end = std::min(start.piece->end(), start.at + 4 * request.count);
  for (u64 pc = start.at; pc < end; pc += 4 * workbench.block().insns.size()) {
    const auto page = start.piece->page(static_cast<u32>(pc));
    workbench.translate(static_cast<u32>(pc), static_cast<u32>(end), page);
    ++totals.blocks;
    totals.guest += workbench.block().insns.size();
    totals.bytes += workbench.code().bytes;
    totals.far_bytes += far_bytes(workbench);
    if (request.list) totals.host += print_block(workbench, request.columns);
  }
}

void print_totals(const jit::Workbench& workbench, const Totals& totals, const Request& request) {
  const auto per_guest = [&](double value) { return value / static_cast<double>(totals.guest); };
  std::printf("%llu blocks, %llu guest instructions", static_cast<unsigned long long>(totals.blocks),
              static_cast<unsigned long long>(totals.guest));
  if (totals.host)
    std::printf(", %llu host instructions (%.2f each)", static_cast<unsigned long long>(totals.host),
                per_guest(static_cast<double>(totals.host)));
  std::printf(", %llu host bytes (%.1f each, %.1f of them seldom run)\n",
              static_cast<unsigned long long>(totals.bytes), per_guest(static_cast<double>(totals.bytes)),
              per_guest(static_cast<double>(totals.far_bytes)));
  if (!request.totals) return;
  const auto [lift, passes, compile] = workbench.seconds();
  std::printf("%.0f ns for each guest instruction: %.0f lifting, %.0f passes, %.0f host code\n",
              per_guest(1e9 * (lift + passes + compile)), per_guest(1e9 * lift), per_guest(1e9 * passes),
              per_guest(1e9 * compile));
}

int translate(const Options& options) {
  const auto request = understand(options);
  if (!request) return failure(machine::status::usage, "translate: " + request.error());
  const auto file = read_code(options.file);
  if (!file) return failure(file.error().status, file.error().message);
  const bool is_program = options.setting.empty() ? file->is_program : options.setting == "process";
  auto workbench =
      jit::Workbench::create(*ppc::find_cpu_model(options.cpu),
                             is_program ? jit::Setting::process : jit::Setting::machine, options.off);
  if (!workbench) throw NoEngine("translate: " + workbench.error());

  const std::vector<Start> starts = where_to_start(*file, *request);
  if (starts.empty()) {
    return failure(machine::status::usage, "translate: --at " + options.at.value_or("") + ": no code of " +
                                               options.file + " (it has " + places(*file) + ")");
  }
  if (request->list && request->columns.host) std::printf("%s\n\n", register_legend().c_str());
  Totals totals;
  for (const Start& start : starts) translate_piece(**workbench, start, *request, totals);
  print_totals(**workbench, totals, *request);
  return 0;
}

}  // namespace

void add_translate_command(CLI::App& app, int& status) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("translate", "Show what the translator makes of a piece of guest code");
  command->add_option("FILE", options->file, "Executable (ELF), or a file of instructions for address 0")
      ->required();
  command->add_option("--at", options->at, "Address of the first instruction; otherwise the entry point")
      ->type_name("ADDR");
  command->add_option("--count", options->count, "How many guest instructions, or all")
      ->type_name("N")
      ->capture_default_str();
  command->add_option("--show", options->show, "Columns, and totals: counts and times alone")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(one_of({"guest", "ir", "host", "totals"}))
      ->default_str("guest,ir,host");
  command->add_option("--tier", options->tier, "Which translator")
      ->check(one_of({"1", "2"}))
      ->capture_default_str();
  command->add_option("--cpu", options->cpu, "Processor: 750 or 7400 (with AltiVec)")
      ->check(one_of({"750", "7400"}))
      ->capture_default_str();
  command
      ->add_option("--for", options->setting,
                   "As exec (process) or run (machine) translate it; otherwise as the file is")
      ->check(one_of({"process", "machine"}));
  add_jit_off_option(*command, options->off);
  command->callback([options, &status] { status = translate(*options); });
}

}  // namespace quince::app
