#include "jit-x86/gdb_jit.h"

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "jit-x86/block_name.h"

// --- What GDB looks for by these names ---

extern "C" {

struct JitCodeEntry {
  JitCodeEntry* next_entry;
  JitCodeEntry* prev_entry;
  const char* symfile_addr;
  std::uint64_t symfile_size;
};

struct JitDescriptor {
  std::uint32_t version;
  std::uint32_t action_flag;  // 1: relevant_entry has come; 2: it goes
  JitCodeEntry* relevant_entry;
  JitCodeEntry* first_entry;
};

// The interface is one variable and one function of the whole process. GDB stops in the function.
JitDescriptor __jit_debug_descriptor = {1, 0, nullptr, nullptr};                                     // NOLINT
__attribute__((noinline, used)) void __jit_debug_register_code() { asm volatile("" ::: "memory"); }  // NOLINT
}

namespace quince::jit {

namespace {

enum Section : std::uint16_t { none, text, symbols, names, sections };
constexpr std::size_t longest_name = 24;
constexpr char section_names[] = "\0.text\0.symtab\0.strtab";
constexpr Elf64_Word name_of[] = {0, 1, 7, 15};

// Of the code it has only address and size.
struct ObjectFile {
  Elf64_Ehdr header{};
  std::array<Elf64_Shdr, sections> section{};
  std::array<Elf64_Sym, 2> symbol{};
  std::array<char, sizeof section_names + longest_name + 1> strings{};
};

Elf64_Ehdr file_header() {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_REL;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_ehsize = sizeof(Elf64_Ehdr);
  header.e_shoff = offsetof(ObjectFile, section);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = sections;
  header.e_shstrndx = names;
  return header;
}

Elf64_Shdr section_header(Section which, Elf64_Word type, std::size_t offset, std::size_t bytes) {
  Elf64_Shdr header{};
  header.sh_name = name_of[which];
  header.sh_type = type;
  header.sh_offset = offset;
  header.sh_size = bytes;
  header.sh_addralign = 1;
  return header;
}

ObjectFile object_file(std::string_view name, std::span<const ppc::u8> code) {
  ObjectFile file;
  file.header = file_header();
  file.section[text] = section_header(text, SHT_NOBITS, 0, code.size());
  file.section[text].sh_addr = reinterpret_cast<Elf64_Addr>(code.data());
  file.section[text].sh_flags = SHF_ALLOC | SHF_EXECINSTR;
  file.section[symbols] =
      section_header(symbols, SHT_SYMTAB, offsetof(ObjectFile, symbol), sizeof file.symbol);
  file.section[symbols].sh_addralign = alignof(Elf64_Sym);
  file.section[symbols].sh_link = names;
  file.section[symbols].sh_info = 1;  // the first global one
  file.section[symbols].sh_entsize = sizeof(Elf64_Sym);
  file.section[names] = section_header(names, SHT_STRTAB, offsetof(ObjectFile, strings), sizeof file.strings);
  std::memcpy(file.strings.data(), section_names, sizeof section_names);
  name.copy(file.strings.data() + sizeof section_names, longest_name);
  file.symbol[1].st_name = sizeof section_names;
  file.symbol[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC);
  file.symbol[1].st_shndx = text;
  file.symbol[1].st_size = code.size();
  return file;
}

enum class Action : std::uint32_t { comes = 1, goes = 2 };

void tell(Action action, JitCodeEntry& entry) {
  __jit_debug_descriptor.action_flag = static_cast<std::uint32_t>(action);
  __jit_debug_descriptor.relevant_entry = &entry;
  __jit_debug_register_code();
}

}  // namespace

struct GdbJit::Object {
  Object(std::string_view name, std::span<const ppc::u8> code) : file(object_file(name, code)) {
    entry = {__jit_debug_descriptor.first_entry, nullptr, reinterpret_cast<const char*>(&file), sizeof file};
    if (entry.next_entry) entry.next_entry->prev_entry = &entry;
    __jit_debug_descriptor.first_entry = &entry;
    tell(Action::comes, entry);
  }
  ~Object() {
    (entry.prev_entry ? entry.prev_entry->next_entry : __jit_debug_descriptor.first_entry) = entry.next_entry;
    if (entry.next_entry) entry.next_entry->prev_entry = entry.prev_entry;
    tell(Action::goes, entry);
  }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  ObjectFile file;
  JitCodeEntry entry{};
};

GdbJit::GdbJit() = default;
GdbJit::~GdbJit() = default;

void GdbJit::added(ppc::u32 pc, ppc::u32, std::span<const ppc::u8> code) { add(block_name(pc), code); }
void GdbJit::removed(ppc::u32, std::span<const ppc::u8> code) { objects_.erase(code.data()); }

void GdbJit::add(std::string_view name, std::span<const ppc::u8> code) {
  objects_[code.data()] = std::make_unique<Object>(name, code);
}

}  // namespace quince::jit
