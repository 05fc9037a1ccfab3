// The translating engine: finds, makes, links and forgets translations, and runs them.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <vector>

#include "guest-ppc/engine.h"
#include "guest-ppc/interpreter.h"
#include "guest-ppc/zeroed_array.h"
#include "translator/backend.h"
#include "translator/code_listener.h"
#include "translator/profile.h"
#include "translator/statistics.h"
#include "translator/translations.h"

namespace quince::translator {

class Translator final : public ppc::Engine {
 public:
  // Translating an instruction takes as long as interpreting it this often, about.
  static constexpr u32 usual_patience = 12;
  // patience: how often code is met, interpreted until then, before it is translated. 1 to 255.
  // off: what to do without.
  Translator(ppc::Cpu& cpu, std::unique_ptr<Backend> backend, ppc::ExceptionHandling handling,
             u32 patience = 1, JitParts off = {});
  ~Translator() override;
  Translator(const Translator&) = delete;
  Translator& operator=(const Translator&) = delete;

  ppc::Stop run() override;
  ppc::Stop step() override { return interpreter_.step(); }
  void flush() override;
  void invalidate_code(u32 physical, u32 bytes) override;
  u32 uncounted_instructions() const override;
  void system_call(u32 next_pc) override;
  void attention() override;

  // From now on it is told of translations; null: nobody is.
  void set_listener(std::unique_ptr<CodeListener> listener) { listener_ = std::move(listener); }

  const Statistics& statistics() const { return statistics_; }
  // From now on it counts where the time goes.
  void start_profile();
  Profile* profile() { return profile_.get(); }  // null: not started
  const Profile* profile() const { return profile_.get(); }
  double seconds(u64 ticks) const { return ticks_.seconds(ticks); }  // of statistics()
  u64 code_cache_bytes() const { return backend_->cache_bytes(); }
  u64 code_bytes() const;  // of the translations that exist now

  // A translation that has the instruction at this physical address, the one that begins there if there are
  // several. pc: of its first instruction; insns: of the guest. For whoever wants to look; links may be made.
  struct Made {
    u32 pc = 0, insns = 0;
    const u8* entry = nullptr;  // null: there is none
    u32 bytes = 0;
    std::vector<LinkSite> links{};
  };
  Made made_for(u32 physical) const;
  const Backend& backend() const { return *backend_; }

  // For helpers called by generated code: keeps the exception for the run loop.
  void report(const ppc::GuestException& exception) { fault_ = exception; }
  // Likewise: the access at fault_address is not aligned and was slow for it.
  void note_unaligned() {
    if (++unaligned_ % unaligned_sample == 0) expect_unaligned();
  }
  // For helpers that have changed the machine's state and state.pc, all instructions counted: where generated
  // code goes on. Null: it must be left. unmasks: what they changed may have enabled a floating-point
  // exception that waited, as only mtmsr and rfi do (PEM 6.4.7).
  const u8* resume(bool unmasks);
  // The side point of the generated instruction there if it accesses memory for the guest, so that a host
  // fault means ExitReason::access, with fault_address one further; else null. Called from a signal handler
  // that has interrupted generated code.
  const SidePoint* access_at(u64 host) const;

 private:
  // One page can be seen at a million addresses, with code of its own for each; stores to it look at all that
  // is near.
  static constexpr unsigned most_blocks_of_stretch = 1024, few_blocks = 8;

  ExitReason enter(const u8* code);
  std::optional<ppc::Stop> resolve(ExitReason reason);
  std::optional<ppc::Stop> handle(ppc::GuestException exception);
  std::optional<ppc::Stop> follow_link();
  std::optional<ppc::Stop> interpret(u32 most_insns = ppc::Interpreter::max_block_length);
  std::optional<ppc::Stop> checkpoint();
  void begin_slice();
  void settle();  // moves what the countdown says into cpu.retired
  const Translation& go_to_fault();
  void put_in_place(const Translation& block, const SidePoint& point);
  ppc::GuestException fault();  // what the helper reported; goes to the instruction
  // What fetching at state.pc raises. Otherwise the page's exec tag is there.
  std::optional<ppc::GuestException> missing_code();

  // Null: the code at pc is to be interpreted this time.
  const u8* find(u32 pc);
  const u8* find_slow(u32 pc, u32 tag);
  Translation* find_translation(u32 pc, u32 tag);
  bool is_cold(u32 pc);
  void translate_next_time(u32 pc);
  void expect_unaligned();
  void note_change(const Translation& changed);
  u64 now() const { return cpu_.retired + static_cast<u64>(i64{slice_} - hot_.countdown); }
  bool is_quiet();
  void note_quiet();
  Translation* translate(u32 pc, u32 physical, u32 tag);
  void separate_decoding(const u8* page);
  void link(Link& link, Translation& to);
  void unlink(Link& link);
  void forget(Translation& translation);
  void make_room_in(u32 stretch);
  void drop_retired();
  template <class F>
  void for_each_in(u32 physical, u32 bytes, F f) const;
  void evict(Backend::Range range);
  const SidePoint& side_point(u64 host) const;
  u32 insn_at(u64 host) const;
  void settle_status(ExitReason reason);  // brings FPSCR up to date
  DispatchLine& line(u32 pc) { return dispatch_[pc / 4 % dispatch_lines]; }

  ppc::Cpu& cpu_;
  Area& area_;
  HotWords& hot_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<CodeListener> listener_;  // null: nobody listens
  const ppc::ExceptionHandling handling_;
  const u32 patience_;
  ppc::Interpreter interpreter_;  // of single steps, and of code that has not run often
  i32 slice_ = 0;                 // countdown at the beginning of the slice, 0 between slices
  u64 quiet_until_ = 0;           // instructions: see Cpu::quiet_until()
  bool unmasked_ = false;         // as resume() was told
  std::optional<ppc::Stop> stop_;
  ppc::GuestException fault_{};
  Block block_;  // reused by translate()
  // Of code at an address and at those that share its counters: how often it was met untranslated, and how
  // many translations begin there (most_counted: that many or more; it stays so).
  struct Counters {
    u8 visits = 0;
    u8 backward = 0;  // visits that a branch backwards made
    u8 translations = 0;
    bool makes_unaligned : 1 = false;  // loads and stores, many
    bool was_changed : 1 = false;      // soon after it had been translated: translations count their runs
    bool is_brief : 1 = false;         // no loop, or one of few rounds
    bool is_worth_it : 1 = false;      // the last one ran so often that interpreting would have taken longer
    static constexpr u8 most_counted = 255;
  };
  static constexpr u32 counters = 1u << 16;
  ppc::ZeroedArray<Counters> counters_;
  Counters& counters_of(u32 pc) { return counters_[pc / 4 % counters]; }
  static constexpr u32 patience_to_judge = 4;  // visits, whether a loop goes round
  // How often code that was changed has run since its last translation. Addresses share these, too.
  static constexpr u32 enough_runs = 6;
  static constexpr u64 soon_changed = 100'000;  // instructions
  std::array<u32, 1024> runs_{};
  u32& runs_of(u32 pc) { return runs_[pc / 4 % runs_.size()]; }
  // Of each so many unaligned accesses one is looked at, and its block made anew to be good at them.
  static constexpr u32 unaligned_sample = 32;
  u32 unaligned_ = 0;
  ppc::ZeroedArray<DispatchLine> dispatch_;
  Translations translations_;
  std::vector<Translation*> retired_;  // forgotten while perhaps running
  std::vector<Translation*> gone_;     // while invalidate_code() runs
  u64 forgotten_ = 0;                  // translations
  struct Place {
    u64 host = 0;
    u32 insn = 0;
  };
  mutable std::array<Place, 64> places_{};  // what insn_at() has found, until other code may be there
  Statistics statistics_;
  std::unique_ptr<Profile> profile_;
  TickClock ticks_;
};

}  // namespace quince::translator
