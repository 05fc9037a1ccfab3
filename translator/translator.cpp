#include "translator/translator.h"

#include <algorithm>

#include "guest-ppc/decoder.h"
#include "translator/float_status.h"
#include "translator/lift.h"
#include "translator/passes.h"

namespace quince::translator {

namespace {

constexpr u64 longest_slice = u64{1} << 30;

auto find_side_point(std::span<const SidePoint> points, u32 offset) {
  return std::lower_bound(points.begin(), points.end(), offset,
                          [](const SidePoint& point, u32 at) { return point.host_offset < at; });
}

}  // namespace

Translator::Translator(ppc::Cpu& cpu, std::unique_ptr<Backend> backend, ppc::ExceptionHandling handling,
                       u32 patience, JitParts off)
    : cpu_(cpu),
      area_(area_of(cpu)),
      hot_(hot_words_of(cpu)),
      backend_(std::move(backend)),
      handling_(handling),
      patience_(patience),
      interpreter_(cpu, handling, false),
      counters_(counters),
      dispatch_(dispatch_lines) {
  block_.off = off;
  cpu_.set_hooks(this);
  line(0) = {};  // zeroes are what other addresses' lines need
  area_.dispatch = dispatch_.data();
  area_.engine = this;
}

Translator::~Translator() { cpu_.set_hooks(nullptr); }

// --- The run loop ---

void Translator::begin_slice() {
  const u64 left = cpu_.limit > cpu_.retired ? cpu_.limit - cpu_.retired : 0;
  slice_ = static_cast<i32>(std::min(left, longest_slice));
  hot_.countdown = slice_;
  area_.fault_address = 0;
  area_.faulted = 0;
  note_quiet();
}

void Translator::note_quiet() {
  const u64 begun = cpu_.retired;
  const u64 quiet = quiet_until_ > begun ? std::min(quiet_until_ - begun, longest_slice) : 0;
  hot_.quiet = slice_ - static_cast<i32>(quiet);
}

// Whether no interrupt waits, MSR[EE] being set.
bool Translator::is_quiet() {
  if (hot_.countdown > hot_.quiet) return true;
  quiet_until_ = cpu_.quiet_until();
  note_quiet();
  return hot_.countdown > hot_.quiet;
}

void Translator::settle() {
  cpu_.retired += static_cast<u64>(i64{slice_} - hot_.countdown);
  slice_ = hot_.countdown = 0;
}

// Keeps instructions() as it is and makes the countdown end the slice.
void Translator::attention() {
  quiet_until_ = 0;
  slice_ -= hot_.countdown;
  hot_.countdown = 0;
}

u32 Translator::uncounted_instructions() const {
  const u32 blocks = static_cast<u32>(slice_ - hot_.countdown);
  return blocks +
         (area_.fault_address ? insn_at(area_.fault_address) : interpreter_.uncounted_instructions());
}

ppc::Stop Translator::run() {
  cpu_.align_pc();
  stop_.reset();
  quiet_until_ = 0;
  const bool deliver = handling_ == ppc::ExceptionHandling::deliver;
  if (deliver) cpu_.take_interrupt();
  for (;;) {
    try {
      if (cpu_.state.msr & (ppc::msr::se | ppc::msr::be)) {
        if (const auto stop = interpreter_.trace()) return *stop;
      }
      area_.mode_key = Mode::of(cpu_.state).key();
      if (const auto exception = missing_code()) {
        if (const auto stop = handle(*exception)) return *stop;
        continue;
      }
      const u8* code = find(cpu_.state.pc);
      if (!code) {
        if (const auto stop = interpret()) return *stop;
        continue;
      }
      begin_slice();
      drop_float_status(cpu_);
      const ExitReason reason = enter(code);
      settle_status(reason);
      if (const auto stop = resolve(reason)) return *stop;
    } catch (const ppc::GuestException& exception) {
      if (const auto stop = handle(exception)) return *stop;
    }
  }
}

ExitReason Translator::enter(const u8* code) {
  const Stopwatch watch(profile_ ? &profile_->generated_ticks : nullptr);
  return backend_->enter(cpu_, code);
}

std::optional<ppc::Stop> Translator::resolve(ExitReason reason) {
  ++statistics_.exits[static_cast<std::size_t>(reason)];
  settle();
  switch (reason) {
    case ExitReason::raise: return handle({static_cast<ppc::Vector>(area_.vector), area_.cause});
    case ExitReason::fault: return handle(fault());
    case ExitReason::checkpoint: return checkpoint();
    case ExitReason::recheck:
      if (stop_) return stop_;
      if (const auto stop = checkpoint()) return stop;
      if (handling_ == ppc::ExceptionHandling::deliver)
        unmasked_ ? cpu_.take_unmasked() : void(cpu_.take_interrupt());
      break;
    case ExitReason::link: return follow_link();
    case ExitReason::access: go_to_fault(); return interpret(1);
    case ExitReason::lookup: break;
  }
  return std::nullopt;
}

std::optional<ppc::Stop> Translator::follow_link() {
  Translation& from = translations_.containing(area_.link);
  const u32 offset = static_cast<u32>(area_.link - reinterpret_cast<u64>(from.entry));
  Link* asked = from.links.data();
  while (asked->site.after_jump != offset && asked->site.after_stub != offset) ++asked;
  const u32 pc = cpu_.state.pc = asked->site.target;
  // Both are asked before translating, which may give up records of blocks that had been forgotten.
  const bool known = from.tag != 0;
  const u64 forgotten = forgotten_;
  if (missing_code()) return std::nullopt;
  if (!find(pc)) return interpret();
  // The block that asked had been forgotten, or translating may just have evicted it.
  if (!known || forgotten != forgotten_) return std::nullopt;
  if (has(block_.off, JitPart::links)) return std::nullopt;
  if (Translation* to = find_translation(pc, line(pc).tag)) link(*asked, *to);
  return std::nullopt;
}

// At most one block.
std::optional<ppc::Stop> Translator::interpret(u32 most_insns) {
  const Stopwatch watch(profile_ ? &profile_->interpreter_ticks : nullptr);
  const u64 before = profile_ ? cpu_.instructions() : 0;
  const u32 from = cpu_.state.pc;
  const u64 begun = cpu_.retired;
  const auto stop = interpreter_.execute_once(most_insns);
  const u32 branch = from + static_cast<u32>(4 * (cpu_.retired - begun) - 4);
  if (branch - cpu_.state.pc < 4 * max_block_insns) ++counters_of(cpu_.state.pc).backward;
  if (profile_) profile_->interpreted += cpu_.instructions() - before;
  return stop_ ? stop_ : stop;
}

std::optional<ppc::Stop> Translator::checkpoint() {
  if (cpu_.retired >= cpu_.limit) return stop_ ? *stop_ : ppc::Stop{};
  return std::nullopt;
}

// As they are in front of the instruction at fault_address: pc, and the count.
const Translation& Translator::go_to_fault() {
  const u64 host = area_.fault_address;
  const Translation& block = translations_.containing(host);
  const u32 insn = insn_at(host);
  area_.fault_address = 0;
  cpu_.retired += insn;
  cpu_.state.pc = block.pc + 4 * insn;
  if (!block.loans.empty() || !block.owed.empty()) put_in_place(block, side_point(host));
  return block;
}

// What the block keeps elsewhere.
void Translator::put_in_place(const Translation& block, const SidePoint& point) {
  ppc::CpuState& state = cpu_.state;
  for (std::size_t n = 0; point.lent && n < block.loans.size(); ++n) {
    const Loan loan = block.loans[n];
    (loan.borrower == Loan::ctr ? state.ctr : state.gpr[loan.borrower]) = state.gpr[loan.lender];
    state.gpr[loan.lender] = area_.lent[n];
  }
  for (const u8 one_further : point.owed) {
    if (one_further == 0) continue;
    const OwedField& owed = block.owed[one_further - 1u];
    const u32 left = state.gpr[owed.left];
    const u32 right = owed.right == OwedField::constant ? owed.number : state.gpr[owed.right];
    state.cr[owed.field] = owed.is_signed ? ppc::CrField::compare_signed(left, right, false)
                                          : ppc::CrField::compare_unsigned(left, right, false);
  }
}

ppc::GuestException Translator::fault() {
  const Translation& block = go_to_fault();
  if (fault_.vector == ppc::Vector::alignment) {
    const u8* page = cpu_.code_page(block.physical & ~ppc::page_mask);
    u32 word;
    std::memcpy(&word, page + (cpu_.state.pc & ppc::page_mask), 4);
    fault_.dsisr = ppc::alignment_dsisr(ppc::Insn(ppc::swap_bytes(word)));
  }
  return fault_;
}

// state.pc is the instruction that raised it.
std::optional<ppc::Stop> Translator::handle(ppc::GuestException exception) {
  if (handling_ == ppc::ExceptionHandling::stop || exception.vector == ppc::Vector::debugger) {
    return ppc::Stop{true, exception};
  }
  cpu_.deliver_fault(exception, cpu_.state.pc);
  if (cpu_.retired >= cpu_.limit) return ppc::Stop{};
  return std::nullopt;
}

void Translator::system_call(u32 next_pc) {
  const ppc::GuestException exception{ppc::Vector::system_call};
  if (handling_ == ppc::ExceptionHandling::deliver) return cpu_.deliver(exception, next_pc);
  cpu_.state.pc = next_pc;
  stop_ = ppc::Stop{true, exception};
}

// --- Finding and making translations ---

std::optional<ppc::GuestException> Translator::missing_code() {
  const u32 pc = cpu_.state.pc;
  if (cpu_.tlb.exec_tag()[pc / ppc::page_size] != 0) return std::nullopt;
  const auto mapping = cpu_.try_fetch(pc);
  return mapping ? std::nullopt : std::optional(mapping.error());
}

const u8* Translator::find(u32 pc) {
  const u32 page = cpu_.tlb.exec_tag()[pc / ppc::page_size];
  const u32 tag = page ? exec_tag(page - 1, area_.mode_key) : 0;
  const DispatchLine& known = line(pc);
  if (known.pc == pc && known.tag == tag && tag != 0) return known.code;
  return find_slow(pc, tag);
}

const u8* Translator::resume(bool unmasks) {
  const ppc::CpuState& state = cpu_.state;
  unmasked_ = unmasks;
  if (hot_.countdown <= 0 || stop_ || (state.msr & (ppc::msr::se | ppc::msr::be))) return nullptr;
  if ((unmasks && cpu_.fp_exception_waiting()) || ((state.msr & ppc::msr::ee) && !is_quiet())) return nullptr;
  area_.mode_key = Mode::of(state).key();
  if (!cpu_.tlb.window_selected()) cpu_.tlb.select(state);
  const u32 page = cpu_.tlb.exec_tag()[state.pc / ppc::page_size];
  const DispatchLine& known = line(state.pc);
  const bool found = page != 0 && known.pc == state.pc && known.tag == exec_tag(page - 1, area_.mode_key);
  return found ? known.code : nullptr;
}

const u8* Translator::find_slow(u32 pc, u32 tag) {
  ++statistics_.lookups;
  if (tag == 0) tag = exec_tag(cpu_.fetch(pc).physical, area_.mode_key);
  Translation* translation = find_translation(pc, tag);
  if (!translation) {
    if (is_cold(pc)) return nullptr;
    translation = translate(pc, (tag & ~ppc::page_mask) | (pc & ppc::page_mask), tag);
  }
  line(pc) = {pc, tag, translation->entry};
  return translation->entry;
}

// While a system boots, most code that is looked for has not been translated: one counter tells.
Translation* Translator::find_translation(u32 pc, u32 tag) {
  return counters_of(pc).translations == 0 ? nullptr : translations_.find(pc, tag);
}

// Counts the visit. Addresses share counters: code that many others alias with is translated early.
bool Translator::is_cold(u32 pc) {
  Counters& known = counters_of(pc);
  if (++known.visits < patience_) return true;
  known.is_brief = patience_ >= patience_to_judge && 4 * known.backward < 3 * known.visits;
  known.visits = known.backward = 0;
  return false;
}

void Translator::translate_next_time(u32 pc) {
  Counters& known = counters_of(pc);
  known.visits = static_cast<u8>(patience_ - 1);
  known.backward = known.is_brief ? u8{0} : known.visits;
}

void Translator::expect_unaligned() {
  Translation& block = translations_.containing(area_.fault_address);
  Counters& known = counters_of(block.pc);
  if (block.tag == 0 || known.makes_unaligned) return;
  known.makes_unaligned = true;
  translate_next_time(block.pc);
  forget(block);
}

// Where code is changed again and again, how often it runs in between decides whether it is translated at
// once the next time.
void Translator::note_change(const Translation& changed) {
  Counters& known = counters_of(changed.pc);
  const bool soon = now() - changed.made_at < soon_changed;
  known.is_worth_it = soon && known.was_changed && runs_of(changed.pc) >= enough_runs;
  known.was_changed = soon;
  runs_of(changed.pc) = 0;
  known.visits = known.backward = 0;
  if (known.is_worth_it) translate_next_time(changed.pc);
}

void Translator::start_profile() {
  profile_ = std::make_unique<Profile>();
  area_.profile = profile_.get();
}

// Lifting decodes as it goes. What that takes is found by doing it once more.
void Translator::separate_decoding(const u8* page) {
  const u64 started = TickClock::now();
  for (u32 n = 0; n < block_.insns.size(); ++n) {
    u32 word;
    std::memcpy(&word, page + (block_.pc & ppc::page_mask) + 4 * n, 4);
    [[maybe_unused]] const volatile auto op = ppc::decode(ppc::swap_bytes(word), cpu_.model.isa);
  }
  profile_->move(Stage::lift, Stage::decode, TickClock::now() - started);
}

Translation* Translator::translate(u32 pc, u32 physical, u32 tag) {
  const u64 started = TickClock::now();
  Laps laps(profile_.get());
  drop_retired();
  make_room_in(physical / Translations::stretch_bytes);
  const u8* page = cpu_.code_page(physical & ~ppc::page_mask);
  if (!page) throw ppc::GuestException{ppc::Vector::machine_check};  // instructions can't come from a device
  block_.clear();
  block_.pc = pc;
  block_.physical = physical;
  block_.mode = Mode::of(cpu_.state);
  block_.alignment_traps = cpu_.alignment_traps;
  block_.unaligned = counters_of(pc).makes_unaligned;
  block_.goes_round = !counters_of(pc).is_brief;
  block_.runs = counters_of(pc).was_changed ? &runs_of(pc) : nullptr;
  lift(block_, cpu_.model, page, cpu_.debug);
  laps.end(Stage::lift);
  run_passes(block_);
  laps.end(Stage::passes);

  CompiledBlock code = backend_->compile(block_);
  if (!code.entry) {
    evict(backend_->open_next_chunk());
    code = backend_->compile(block_);
  }
  laps.end(Stage::emit);

  Translation* made =
      translations_.add({pc, physical, tag, static_cast<u32>(block_.insns.size()), now()}, code);
  if (u8& count = counters_of(pc).translations; count < Counters::most_counted) ++count;
  cpu_.watch_code(physical, 4 * made->insns);
  cpu_.guard_code(physical);
  TierStatistics& tier = statistics_.tier1;
  ++tier.blocks_translated;
  tier.guest_instructions_translated += made->insns;
  tier.host_bytes_emitted += made->bytes;
  tier.translate_ticks += TickClock::now() - started;
  laps.end(Stage::link);
  if (profile_) separate_decoding(page);
  const Stopwatch watch(profile_ ? &profile_->listener_ticks : nullptr);
  if (listener_) listener_->added(pc, made->insns, {made->entry, made->bytes});
  return made;
}

// --- Links ---

void Translator::link(Link& link, Translation& to) {
  Laps laps(profile_.get());
  ++statistics_.links;
  if (link.to) unlink(link);
  link.to = &to;
  link.next = to.incoming;
  if (link.next) link.next->previous = &link;
  to.incoming = &link;
  backend_->patch_link(link.from->entry, link.site, to.entry, to.tag & ~(ppc::page_mask - 1));
  laps.end(Stage::link);
  if (listener_) listener_->linked(link.from->pc, to.pc);
}

void Translator::unlink(Link& link) {
  if (!link.to) return;
  if (link.next) link.next->previous = link.previous;
  (link.previous ? link.previous->next : link.to->incoming) = link.next;
  link.to = nullptr;
  link.next = link.previous = nullptr;
  backend_->patch_link(link.from->entry, link.site, nullptr, 0);
}

// --- Forgetting ---

void Translator::forget(Translation& gone) {
  for (Link& link : gone.links) unlink(link);
  while (gone.incoming) unlink(*gone.incoming);
  if (gone.loop.after_back != 0) backend_->open_loop(gone.entry, gone.loop);
  if (line(gone.pc).code == gone.entry) line(gone.pc) = {};
  ++forgotten_;
  if (u8& count = counters_of(gone.pc).translations; count < Counters::most_counted) --count;
  translations_.forget(gone);
  retired_.push_back(&gone);  // it may be running
}

// No generated code is running.
void Translator::make_room_in(u32 stretch) {
  unsigned count = 0;
  translations_.for_each_of_stretch(stretch, [&count](const Translation&) { ++count; });
  if (count < most_blocks_of_stretch) return;
  while (Translation* t = translations_.first_of_stretch(stretch)) forget(*t);
  drop_retired();
}

// No generated code is running.
void Translator::drop_retired() {
  for (Translation* gone : retired_) {
    if (listener_) listener_->removed(gone->pc, {gone->entry, gone->bytes});
    translations_.recycle(*gone);
  }
  retired_.clear();
}

// f: of those that have an instruction in [physical, physical + bytes), which does not cross a page; it may
// neither make nor forget translations.
template <class F>
void Translator::for_each_in(u32 physical, u32 bytes, F f) const {
  constexpr u32 stretch_bytes = Translations::stretch_bytes;
  const u32 offset = physical & ppc::page_mask, before = std::min(offset, stretch_bytes - 4);
  const u32 last = (physical + bytes - 1) / stretch_bytes;
  for (u32 stretch = (physical - before) / stretch_bytes; stretch <= last; ++stretch) {
    translations_.for_each_of_stretch(stretch, [&](Translation& t) {
      if (t.overlaps(physical, bytes)) f(t);
    });
  }
}

void Translator::invalidate_code(u32 physical, u32 bytes) {
  gone_.clear();
  for_each_in(physical, bytes, [this](Translation& t) { gone_.push_back(&t); });
  if (gone_.empty()) return;
  ++statistics_.invalidations;
  statistics_.blocks_invalidated += gone_.size();
  for (Translation* t : gone_) {
    note_change(*t);
    forget(*t);
  }
  // The rest of what they were made of may well be written next.
  if (gone_.size() > few_blocks) return;
  for (const Translation* t : gone_) {
    bool shares_words = false;
    for_each_in(t->physical, 4 * t->insns, [&](const Translation&) { shares_words = true; });
    if (!shares_words) cpu_.unwatch_code(t->physical, 4 * t->insns);
  }
}

void Translator::evict(Backend::Range range) {
  const u64 before = forgotten_;
  translations_.open(range, [this](Translation& t) {
    forget(t);
    if (listener_) listener_->removed(t.pc, {t.entry, t.bytes});
  });
  retired_.clear();
  places_.fill({});
  statistics_.blocks_evicted += forgotten_ - before;
  statistics_.evictions += forgotten_ != before;
}

void Translator::flush() {
  translations_.for_each([this](Translation& t) { forget(t); });
}

u64 Translator::code_bytes() const {
  u64 sum = 0;
  translations_.for_each([&sum](const Translation& t) { sum += t.bytes; });
  return sum;
}

Translator::Made Translator::made_for(u32 physical) const {
  Made made;
  bool begins_there = false;
  for_each_in(physical & ~3u, 4, [&](const Translation& t) {
    if (begins_there || (made.entry && t.physical != physical)) return;
    begins_there = t.physical == physical;
    made = {t.pc, t.insns, t.entry, t.bytes, {}};
    for (const Link& link : t.links) made.links.push_back(link.site);
  });
  return made;
}

// --- Precise state ---

void Translator::settle_status(ExitReason reason) {
  if (reason == ExitReason::fault || reason == ExitReason::access) {
    const u32 record = side_point(area_.fault_address).float_record;
    if (record != 0) recall(translations_.containing(area_.fault_address).float_records[record - 1], cpu_);
  }
  settle_float_status(cpu_);
}

const SidePoint& Translator::side_point(u64 host) const {
  const Translation& block = translations_.containing(host);
  return *find_side_point(block.side_points, static_cast<u32>(host - reinterpret_cast<u64>(block.entry)));
}

// Devices ask for the time at every access, and a driver's loop does so from the same few places.
u32 Translator::insn_at(u64 host) const {
  Place& place = places_[host % places_.size()];
  if (place.host != host) place = {host, side_point(host).insn};
  return place.insn;
}

const SidePoint* Translator::access_at(u64 host) const {
  const Translation* block = translations_.at_or_before(host);
  if (!block) return nullptr;
  const u32 offset = static_cast<u32>(host + 1 - reinterpret_cast<u64>(block->entry));
  const auto point = find_side_point(block->side_points, offset);
  return point != block->side_points.end() && point->host_offset == offset ? &*point : nullptr;
}

}  // namespace quince::translator
