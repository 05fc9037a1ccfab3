// Every computational instruction on values worked out by hand from the AltiVec PEM: element order, borders
// of saturation, carries, special floating-point values.
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "guest-ppc/vector/interp_ops.h"

namespace quince::ppc::vec {
namespace {

constexpr Vscr none = 0, sat = vscr_sat, nj = vscr_nj;

// Hexadecimal digits in the manual's order, spaces ignored, repeated until the register is full.
V128 reg(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') digits += c;
  }
  V128 v;
  for (unsigned i = 0; i < 16 && !digits.empty(); ++i) {
    const std::string two = digits.substr(2 * i % digits.size(), 2);
    v.set_element<u8>(i, static_cast<u8>(std::stoul(two, nullptr, 16)));
  }
  return v;
}

std::string show(const V128& v) {
  std::ostringstream out;
  for (unsigned i = 0; i < 4; ++i) out << std::hex << v.element<u32>(i) << ' ';
  return out.str();
}

struct Row {
  Op op;
  std::string a, b, c;
  u32 imm;
  std::string d;
  Vscr after, before;
};

Row va_vb(Op op, const char* a, const char* b, const char* d, Vscr after = none, Vscr before = none) {
  return {op, a, b, "", 0, d, after, before};
}
Row va_vb_vc(Op op, const char* a, const char* b, const char* c, const char* d, Vscr after = none,
             Vscr before = none) {
  return {op, a, b, c, 0, d, after, before};
}
Row vb(Op op, const char* b, const char* d, Vscr after = none, Vscr before = none) {
  return {op, "", b, "", 0, d, after, before};
}
Row vb_uimm(Op op, const char* b, u32 uimm, const char* d, Vscr after = none) {
  return {op, "", b, "", uimm, d, after, none};
}
Row simm(Op op, int value, const char* d) { return {op, "", "", "", static_cast<u32>(value), d, none, none}; }
Row va_vb_sh(Op op, const char* a, const char* b, u32 sh, const char* d) {
  return {op, a, b, "", sh, d, none, none};
}

constexpr auto count_up = "00010203 04050607 08090a0b 0c0d0e0f";
constexpr auto count_on = "10111213 14151617 18191a1b 1c1d1e1f";

std::vector<Row> add_and_subtract() {
  return {
      va_vb(Op::vaddubm, "ff 01 80 7f", "01 01 80 7f", "00 02 00 fe"),
      va_vb(Op::vadduhm, "ffff 8000 00ff 1234", "0001 8000 0001 4321", "0000 0000 0100 5555"),
      va_vb(Op::vadduwm, "ffffffff 80000000 0000ffff 12345678", "00000001 80000000 00000001 11111111",
            "00000000 00000000 00010000 23456789"),
      va_vb(Op::vaddcuw, "ffffffff 80000000 0000ffff fffffffe", "00000001 80000000 00000001 00000001",
            "00000001 00000001 00000000 00000000"),
      va_vb(Op::vaddubs, "ff 01 80 7f", "01 01 80 7f", "ff 02 ff fe", sat),
      va_vb(Op::vaddubs, "fe", "01", "ff"),
      va_vb(Op::vaddubs, "fe", "01", "ff", sat | nj, sat | nj),  // SAT is sticky, NJ is left alone
      va_vb(Op::vadduhs, "ffff 8000 00ff 1234", "0001 7fff 0001 4321", "ffff ffff 0100 5555", sat),
      va_vb(Op::vadduhs, "8000", "7fff", "ffff"),
      va_vb(Op::vadduws, "ffffffff 80000000 00000001 7fffffff", "00000001 80000000 00000001 80000000",
            "ffffffff ffffffff 00000002 ffffffff", sat),
      va_vb(Op::vaddsbs, "7f 80 7f 01", "01 ff 80 02", "7f 80 ff 03", sat),
      va_vb(Op::vaddsbs, "7f 80 40 c0", "80 7f 3f c0", "ff ff 7f 80"),
      va_vb(Op::vaddshs, "7fff 8000 7fff ffff", "0001 ffff 8000 0001", "7fff 8000 ffff 0000", sat),
      va_vb(Op::vaddsws, "7fffffff 80000000 7fffffff ffffffff", "00000001 ffffffff 80000000 00000001",
            "7fffffff 80000000 ffffffff 00000000", sat),
      va_vb(Op::vsububm, "00 80 10 ff", "01 01 20 ff", "ff 7f f0 00"),
      va_vb(Op::vsubuhm, "0000 8000 0100 1234", "0001 0001 0001 1234", "ffff 7fff 00ff 0000"),
      va_vb(Op::vsubuwm, "00000000 80000000 00010000 12345678", "00000001 00000001 00000001 12345679",
            "ffffffff 7fffffff 0000ffff ffffffff"),
      va_vb(Op::vsubcuw, "00000000 80000000 00010000 12345678", "00000001 00000001 00010000 12345679",
            "00000000 00000001 00000001 00000000"),
      va_vb(Op::vsububs, "00 80 10 ff", "01 01 20 ff", "00 7f 00 00", sat),
      va_vb(Op::vsububs, "05", "05", "00"),
      va_vb(Op::vsubuhs, "0000 8000 0100 1234", "0001 0001 0001 1235", "0000 7fff 00ff 0000", sat),
      va_vb(Op::vsubuws, "00000000 80000000 00010000 12345678", "00000001 00000001 00000001 12345679",
            "00000000 7fffffff 0000ffff 00000000", sat),
      va_vb(Op::vsubsbs, "7f 80 00 01", "ff 01 80 02", "7f 80 7f ff", sat),
      va_vb(Op::vsubshs, "7fff 8000 0000 0001", "ffff 0001 8000 0002", "7fff 8000 7fff ffff", sat),
      va_vb(Op::vsubsws, "7fffffff 80000000 00000000 00000001", "ffffffff 00000001 80000000 00000002",
            "7fffffff 80000000 7fffffff ffffffff", sat),
      va_vb(Op::vsubsws, "ffffffff", "7fffffff", "80000000"),
  };
}

std::vector<Row> multiply_and_sum() {
  return {
      va_vb(Op::vmuloub, "02ff", "03ff", "fe01"),
      va_vb(Op::vmuloub, count_up, "01", "0001 0003 0005 0007 0009 000b 000d 000f"),
      va_vb(Op::vmuleub, "02ff", "03ff", "0006"),
      va_vb(Op::vmuleub, count_up, "01", "0000 0002 0004 0006 0008 000a 000c 000e"),
      va_vb(Op::vmulosb, "807f", "8080", "c080"),
      va_vb(Op::vmulesb, "807f", "8080", "4000"),
      va_vb(Op::vmulouh, "0002 ffff", "0003 ffff", "fffe0001"),
      va_vb(Op::vmuleuh, "0002 ffff", "0003 ffff", "00000006"),
      va_vb(Op::vmulosh, "8000 7fff", "8000 8000", "c0008000"),
      va_vb(Op::vmulesh, "8000 7fff", "8000 8000", "40000000"),
      va_vb_vc(Op::vmhaddshs, "7fff 7fff 8000 ffff", "7fff 7fff 8000 0001", "0001 0002 ffff 0000",
               "7fff 7fff 7fff ffff", sat),
      va_vb_vc(Op::vmhaddshs, "8000", "8000", "ffff", "7fff"),  // only the end result counts
      va_vb_vc(Op::vmhraddshs, "7fff 7fff 0001 ffff", "7fff 7fff 4000 0001", "0001 0002 0010 0000",
               "7fff 7fff 0011 0000", sat),
      va_vb_vc(Op::vmladduhm, "ffff 0003 1234 8000", "ffff 0004 0010 0002", "0001 0005 0000 ffff",
               "0002 0011 2340 ffff"),
      va_vb_vc(Op::vmsumubm, "ff", "ff", "ffffffff", "0003f803"),
      va_vb_vc(Op::vmsumubm, "01020304", "05060708", "00000000 00000001 00000002 00000003",
               "00000046 00000047 00000048 00000049"),
      va_vb_vc(Op::vmsummbm, "ff807f01", "ffff0203", "00000001", "ffff8083"),  // a signed, b unsigned
      va_vb_vc(Op::vmsumuhm, "ffff", "ffff", "00000003", "fffc0005"),
      va_vb_vc(Op::vmsumuhs, "ffff", "ffff", "00000003", "ffffffff", sat),
      va_vb_vc(Op::vmsumuhs, "00010002", "00030004", "00000005", "00000010"),
      va_vb_vc(Op::vmsumshm, "8000", "8000", "00000001", "80000001"),
      va_vb_vc(Op::vmsumshs, "8000", "8000", "00000001 ffffffff 00000000 80000000",
               "7fffffff 7fffffff 7fffffff 00000000", sat),
      va_vb_vc(Op::vmsumshs, "8000", "7fff", "80000000", "80000000", sat),
      va_vb_vc(Op::vmsumshs, "8000", "8000", "ffffffff", "7fffffff"),
      va_vb(Op::vsum4ubs, "ffffffff 01020304 00000000 ffffffff", "fffffc04 00000000 12345678 fffffc03",
            "ffffffff 0000000a 12345678 ffffffff", sat),
      va_vb(Op::vsum4ubs, "ff", "fffffc03", "ffffffff"),
      va_vb(Op::vsum4sbs, "7f7f7f7f 80808080 ff010203 00000000", "7fffffff 80000000 00000001 ffffffff",
            "7fffffff 80000000 00000006 ffffffff", sat),
      va_vb(Op::vsum4shs, "7fff7fff 80008000 ffff0005 00000000", "7fffffff 80000000 00000001 fffffffe",
            "7fffffff 80000000 00000005 fffffffe", sat),
      va_vb(Op::vsum2sws, "00000001 00000002 7fffffff 7fffffff", "deadbeef 00000003 deadbeef 00000001",
            "00000000 00000006 00000000 7fffffff", sat),
      va_vb(Op::vsum2sws, "7fffffff 00000001 80000000 ffffffff", "deadbeef ffffffff deadbeef 00000001",
            "00000000 7fffffff 00000000 80000000"),
      va_vb(Op::vsumsws, "00000001 00000002 00000003 ffffffff", "deadbeef deadbeef deadbeef 00000010",
            "00000000 00000000 00000000 00000015"),
      va_vb(Op::vsumsws, "80000000", "ffffffff", "00000000 00000000 00000000 80000000", sat),
  };
}

std::vector<Row> average_and_order() {
  return {
      va_vb(Op::vavgub, "ff 00 01 02", "fe 00 02 04", "ff 00 02 03"),
      va_vb(Op::vavguh, "ffff 0001", "fffe 0002", "ffff 0002"),
      va_vb(Op::vavguw, "ffffffff 00000001 80000000 00000000", "fffffffe 00000002 00000001 00000000",
            "ffffffff 00000002 40000001 00000000"),
      va_vb(Op::vavgsb, "ff 80 7f fe", "00 7f 7f ff", "00 00 7f ff"),
      va_vb(Op::vavgsh, "ffff 8000 7fff fffe", "0000 7fff 7fff ffff", "0000 0000 7fff ffff"),
      va_vb(Op::vavgsw, "ffffffff 80000000 7fffffff fffffffe", "00000000 7fffffff 7fffffff ffffffff",
            "00000000 00000000 7fffffff ffffffff"),
      va_vb(Op::vmaxub, "ff 00 80 7f", "00 ff 7f 80", "ff ff 80 80"),
      va_vb(Op::vmaxsb, "ff 00 80 7f", "00 ff 7f 80", "00 00 7f 7f"),
      va_vb(Op::vminub, "ff 00 80 7f", "00 ff 7f 80", "00 00 7f 7f"),
      va_vb(Op::vminsb, "ff 00 80 7f", "00 ff 7f 80", "ff ff 80 80"),
      va_vb(Op::vmaxuh, "ffff 0000 8000 7fff", "0000 ffff 7fff 8000", "ffff ffff 8000 8000"),
      va_vb(Op::vmaxsh, "ffff 0000 8000 7fff", "0000 ffff 7fff 8000", "0000 0000 7fff 7fff"),
      va_vb(Op::vminuh, "ffff 0000 8000 7fff", "0000 ffff 7fff 8000", "0000 0000 7fff 7fff"),
      va_vb(Op::vminsh, "ffff 0000 8000 7fff", "0000 ffff 7fff 8000", "ffff ffff 8000 8000"),
      va_vb(Op::vmaxuw, "ffffffff 00000000 80000000 7fffffff", "00000000 ffffffff 7fffffff 80000000",
            "ffffffff ffffffff 80000000 80000000"),
      va_vb(Op::vmaxsw, "ffffffff 00000000 80000000 7fffffff", "00000000 ffffffff 7fffffff 80000000",
            "00000000 00000000 7fffffff 7fffffff"),
      va_vb(Op::vminuw, "ffffffff 00000000 80000000 7fffffff", "00000000 ffffffff 7fffffff 80000000",
            "00000000 00000000 7fffffff 7fffffff"),
      va_vb(Op::vminsw, "ffffffff 00000000 80000000 7fffffff", "00000000 ffffffff 7fffffff 80000000",
            "ffffffff ffffffff 80000000 80000000"),
      va_vb(Op::vcmpequb, "01 80 7f ff", "01 7f 80 ff", "ff 00 00 ff"),
      va_vb(Op::vcmpgtub, "01 80 7f ff", "01 7f 80 ff", "00 ff 00 00"),
      va_vb(Op::vcmpgtsb, "01 80 7f ff", "01 7f 80 ff", "00 00 ff 00"),
      va_vb(Op::vcmpequh, "0001 8000 7fff ffff", "0001 7fff 8000 fffe", "ffff 0000 0000 0000"),
      va_vb(Op::vcmpgtuh, "0001 8000 7fff ffff", "0001 7fff 8000 fffe", "0000 ffff 0000 ffff"),
      va_vb(Op::vcmpgtsh, "0001 8000 7fff ffff", "0001 7fff 8000 0000", "0000 0000 ffff 0000"),
      va_vb(Op::vcmpequw, "00000001 80000000 7fffffff ffffffff", "00000001 7fffffff 80000000 ffffff7f",
            "ffffffff 00000000 00000000 00000000"),
      va_vb(Op::vcmpgtuw, "00000001 80000000 7fffffff ffffffff", "00000001 7fffffff 80000000 ffffff7f",
            "00000000 ffffffff 00000000 ffffffff"),
      va_vb(Op::vcmpgtsw, "00000001 80000000 7fffffff ffffffff", "00000001 7fffffff 80000000 00000000",
            "00000000 00000000 ffffffff 00000000"),
  };
}

std::vector<Row> logic_and_shifts() {
  return {
      va_vb(Op::vand, "0f", "35", "05"),
      va_vb(Op::vandc, "0f", "35", "0a"),
      va_vb(Op::vor, "0f", "35", "3f"),
      va_vb(Op::vxor, "0f", "35", "3a"),
      va_vb(Op::vnor, "0f", "35", "c0"),
      va_vb_vc(Op::vsel, "0f", "35", "f0", "3f"),
      va_vb(Op::vrlb, "81", "01 04 07 09", "03 18 c0 03"),
      va_vb(Op::vrlh, "8001", "0001 000f 0010 fff4", "0003 c000 8001 0018"),
      va_vb(Op::vrlw, "80000001", "00000001 0000001f 00000020 ffffffe8",
            "00000003 c0000000 80000001 00000180"),
      va_vb(Op::vslb, "81", "01 07 08 ff", "02 80 81 80"),
      va_vb(Op::vslh, "8001", "0001 000f 0010 ffff", "0002 8000 8001 8000"),
      va_vb(Op::vslw, "80000001", "00000001 0000001f 00000020 ffffffff",
            "00000002 80000000 80000001 80000000"),
      va_vb(Op::vsrb, "81", "01 07 08 ff", "40 01 81 01"),
      va_vb(Op::vsrh, "8001", "0001 000f 0010 ffff", "4000 0001 8001 0001"),
      va_vb(Op::vsrw, "80000001", "00000001 0000001f 00000020 ffffffff",
            "40000000 00000001 80000001 00000001"),
      va_vb(Op::vsrab, "81", "01 07 08 ff", "c0 ff 81 ff"),
      va_vb(Op::vsrah, "8001", "0001 000f 0010 ffff", "c000 ffff 8001 ffff"),
      va_vb(Op::vsraw, "80000001", "00000001 0000001f 00000020 ffffffff",
            "c0000000 ffffffff 80000001 ffffffff"),
      va_vb(Op::vsl, "00112233445566778899aabbccddeeff", "04", "0112233445566778899aabbccddeeff0"),
      va_vb(Op::vsr, "00112233445566778899aabbccddeeff", "fc", "000112233445566778899aabbccddeef"),
      // Undefined by the architecture; ours looks at the last byte.
      va_vb(Op::vsl, "80000000 00000000 00000000 00000001", "07070707 07070707 07070707 07070701",
            "00000000 00000000 00000000 00000002"),
      va_vb(Op::vslo, "0123456789abcdeffedcba9876543210", "0000000000000000000000000000001f",
            "6789abcdeffedcba9876543210000000"),
      va_vb(Op::vsro, "0123456789abcdeffedcba9876543210", "00000000000000000000000000000078",
            "00000000000000000000000000000001"),
      va_vb(Op::vsro, "0123456789abcdeffedcba9876543210", "ffffffffffffffffffffffffffffff87",
            "0123456789abcdeffedcba9876543210"),
      va_vb_sh(Op::vsldoi, count_up, count_on, 5, "05060708 090a0b0c 0d0e0f10 11121314"),
      va_vb_sh(Op::vsldoi, count_up, count_on, 0, count_up),
      va_vb_sh(Op::vsldoi, count_up, count_on, 15, "0f101112 13141516 1718191a 1b1c1d1e"),
  };
}

std::vector<Row> permutes() {
  return {
      va_vb_vc(Op::vperm, count_up, count_on, "001f100f e1ff0515 01020304 05060708",
               "001f100f 011f0515 01020304 05060708"),
      va_vb(Op::vmrghb, count_up, count_on, "00100111 02120313 04140515 06160717"),
      va_vb(Op::vmrglb, count_up, count_on, "08180919 0a1a0b1b 0c1c0d1d 0e1e0f1f"),
      va_vb(Op::vmrghh, count_up, count_on, "00011011 02031213 04051415 06071617"),
      va_vb(Op::vmrglh, count_up, count_on, "08091819 0a0b1a1b 0c0d1c1d 0e0f1e1f"),
      va_vb(Op::vmrghw, count_up, count_on, "00010203 10111213 04050607 14151617"),
      va_vb(Op::vmrglw, count_up, count_on, "08090a0b 18191a1b 0c0d0e0f 1c1d1e1f"),
      vb_uimm(Op::vspltb, count_on, 3, "13"),
      vb_uimm(Op::vspltb, count_on, 31, "1f"),
      vb_uimm(Op::vsplth, count_on, 6, "1c1d"),
      vb_uimm(Op::vsplth, count_on, 9, "1213"),
      vb_uimm(Op::vspltw, count_on, 2, "18191a1b"),
      vb_uimm(Op::vspltw, count_on, 4, "10111213"),
      simm(Op::vspltisb, -16, "f0"),
      simm(Op::vspltish, -16, "fff0"),
      simm(Op::vspltisw, -1, "ffffffff"),
      simm(Op::vspltisw, 15, "0000000f"),
      va_vb(Op::vpkuhum, count_up, count_on, "01030507 090b0d0f 11131517 191b1d1f"),
      va_vb(Op::vpkuwum, count_up, count_on, "02030607 0a0b0e0f 12131617 1a1b1e1f"),
      va_vb(Op::vpkuhus, "00ff 0100 ffff 0000", "0001 0080 8000 7fff", "ffffff00 ffffff00 0180ffff 0180ffff",
            sat),
      va_vb(Op::vpkuwus, "0000ffff 00010000 ffffffff 00000000", "00000001 00008000 80000000 7fffffff",
            "ffffffff ffff0000 00018000 ffffffff", sat),
      va_vb(Op::vpkshus, "00ff 0100 ffff 0000", "0001 0080 8000 7fff", "ffff0000 ffff0000 018000ff 018000ff",
            sat),
      va_vb(Op::vpkswus, "0000ffff 00010000 ffffffff 00000000", "00000001 00008000 80000000 7fffffff",
            "ffffffff 00000000 00018000 0000ffff", sat),
      va_vb(Op::vpkshss, "007f 0080 ffff ff7f", "0001 ff80 8000 7fff", "7f7fff80 7f7fff80 0180807f 0180807f",
            sat),
      va_vb(Op::vpkshss, "007f", "ff80", "7f7f7f7f 7f7f7f7f 80808080 80808080"),
      va_vb(Op::vpkswss, "00007fff 00008000 ffffffff ffff7fff", "00000001 ffff8000 80000000 7fffffff",
            "7fff7fff ffff8000 00018000 80007fff", sat),
      va_vb(Op::vpkpx, "01f8f8f8 00f80000 0000f800 000000f8", "feffffff 01000000 00070707 00080808",
            "ffff7c00 03e0001f 7fff8000 00000421"),
      vb(Op::vupkhsb, "807fff00 01020304 05060708 090afe81", "ff80007f ffff0000 00010002 00030004"),
      vb(Op::vupklsb, "807fff00 01020304 05060708 090afe81", "00050006 00070008 0009000a fffeff81"),
      vb(Op::vupkhsh, "80007fff ffff0001 00020003 fffe8001", "ffff8000 00007fff ffffffff 00000001"),
      vb(Op::vupklsh, "80007fff ffff0001 00020003 fffe8001", "00000002 00000003 fffffffe ffff8001"),
      vb(Op::vupkhpx, "80007c00 03e0001f ffff0421 00007fff", "ff000000 001f0000 00001f00 0000001f"),
      vb(Op::vupklpx, "80007c00 03e0001f ffff0421 00007fff", "ff1f1f1f 00010101 00000000 001f1f1f"),
  };
}

std::vector<Row> float_arithmetic() {
  return {
      // 1 + 2; inf - inf; the first NaN, made quiet; denormals
      va_vb(Op::vaddfp, "3f800000 7f800000 7f800001 00000001", "40000000 ff800000 7fc12345 00000001",
            "40400000 7fc00000 7fc00001 00000002"),
      // the second operand's NaN; a quiet one before a signalling one; -0 + 0
      va_vb(Op::vaddfp, "3f800000 ffc00001 7fa00000 80000000", "ff812345 7f800001 3f800000 00000000",
            "ffc12345 ffc00001 7fe00000 00000000"),
      // denormal operands and results are zeros of their sign; overflow
      va_vb(Op::vaddfp, "00000001 00800000 807fffff 7f7fffff", "00000001 80800001 80000000 7f7fffff",
            "00000000 80000000 80000000 7f800000", nj, nj),
      va_vb(Op::vsubfp, "3f800000 7f800000 80000000 3f800000", "3f800000 7f800000 00000000 ff800001",
            "00000000 7fc00000 80000000 ffc00001"),
      // (1 + 2^-23)^2 - (1 + 2^-22) = 2^-46; inf * 0; vB's NaN before vC's; a denormal result
      va_vb_vc(Op::vmaddfp, "3f800001 7f800000 3f800000 00800000", "bf800002 3f800000 7fc0000b 00000000",
               "3f800001 00000000 7fc0000c 3f000000", "28800000 7fc00000 7fc0000b 00400000"),
      // overflow; inf * 0 + NaN; 0 - 0; the greatest number below overflow
      va_vb_vc(Op::vmaddfp, "7f7fffff 7f800000 3f800000 7f7fffff", "00000000 7fc00abc bf800000 72ffffff",
               "40000000 00000000 3f800000 3f800000", "7f800000 7fc00abc 00000000 7f7fffff"),
      // just below 2^-126 before rounding; 2^-127; a denormal addend; 2^-126
      va_vb_vc(Op::vmaddfp, "00ffffff 00800000 3f800000 00800000", "00000000 00000000 80400000 00000000",
               "3f000000 3f000000 00000000 3f800000", "00000000 00000000 00000000 00800000", nj, nj),
      va_vb_vc(Op::vmaddfp, "00ffffff", "00000000", "3f000000", "00800000"),
      va_vb_vc(Op::vnmsubfp, "3f800000 40000000 7f800000 3f800000", "3f800000 3f800000 00000000 ffc00001",
               "3f800000 40400000 00000000 3f800000", "80000000 c0a00000 7fc00000 ffc00001"),
      va_vb(Op::vmaxfp, "80000000 3f800000 7f800001 ff800000", "00000000 bf800000 3f800000 7fc00002",
            "00000000 3f800000 7fc00001 7fc00002"),
      va_vb(Op::vminfp, "80000000 3f800000 7f800001 ff800000", "00000000 bf800000 3f800000 7fc00002",
            "80000000 bf800000 7fc00001 7fc00002"),
      va_vb(Op::vmaxfp, "00000001 80000001 00000001 80000001", "80000000 00000000 80000001 80000002",
            "00000000 00000000 00000000 80000000", nj, nj),
      va_vb(Op::vcmpeqfp, "00000000 7fc00000 3f800000 00000001", "80000000 7fc00000 3f800001 00000000",
            "ffffffff 00000000 00000000 00000000"),
      va_vb(Op::vcmpeqfp, "00000001", "80000002", "ffffffff", nj, nj),
      va_vb(Op::vcmpgefp, "80000000 7fc00000 bf800000 7f800000", "00000000 3f800000 3f800000 7f7fffff",
            "ffffffff 00000000 00000000 ffffffff"),
      va_vb(Op::vcmpgtfp, "80000000 3f800000 bf800000 00000001", "00000000 7fc00000 3f800000 00000000",
            "00000000 00000000 00000000 ffffffff"),
      va_vb(Op::vcmpgtfp, "00000001", "00000000", "00000000", nj, nj),
      va_vb(Op::vcmpbfp, "3f800000 40000000 c0000000 7fc00000", "3f800000",
            "00000000 80000000 40000000 c0000000"),
      va_vb(Op::vcmpbfp, "00000000 bf800000 3f800000 80000000", "bf800000 3f800000 7fc00000 00000000",
            "c0000000 00000000 c0000000 00000000"),
  };
}

std::vector<Row> float_rounding() {
  return {
      // 0.5, 1.5, 2.5, -0.5
      vb(Op::vrfin, "3f000000 3fc00000 40200000 bf000000", "00000000 40000000 40000000 80000000"),
      // 2^23 - 0.5, a signalling NaN, -inf, 2^23 + 1
      vb(Op::vrfin, "4affffff 7f800001 ff800000 4b000001", "4b000000 7fc00001 ff800000 4b000001"),
      vb(Op::vrfiz, "3fffffff bf7fffff 7fc00001 cf000001", "3f800000 80000000 7fc00001 cf000001"),
      vb(Op::vrfip, "3f000001 bf7fffff 00000001 80000000", "3f800000 80000000 3f800000 80000000"),
      vb(Op::vrfip, "00000001", "00000000", nj, nj),
      vb(Op::vrfim, "3f7fffff bf000000 80000001 c0000000", "00000000 bf800000 bf800000 c0000000"),
      vb(Op::vrfim, "80000001", "80000000", nj, nj),
      vb_uimm(Op::vcfux, "ffffffff 00000001 80000000 01000003", 0, "4f800000 3f800000 4f000000 4b800002"),
      vb_uimm(Op::vcfux, "80000000 00000001 01000001 00000000", 31, "3f800000 30000000 3c000000 00000000"),
      vb_uimm(Op::vcfsx, "ffffffff 80000000 7fffffff 01000001", 0, "bf800000 cf000000 4f000000 4b800000"),
      vb_uimm(Op::vcfsx, "ffffffff", 1, "bf000000"),
      // 2^32, -1, NaN, 1.5
      vb_uimm(Op::vctuxs, "4f800000 bf800000 7fc00000 3fc00000", 0, "ffffffff 00000000 00000000 00000001",
              sat),
      // above -1 is a plain 0
      vb_uimm(Op::vctuxs, "bf7fffff 4f7fffff 3fffffff 80000000", 0, "00000000 ffffff00 00000001 00000000"),
      vb_uimm(Op::vctuxs, "7fffffff", 0, "00000000"),
      vb_uimm(Op::vctuxs, "3fc00000", 4, "00000018"),
      vb_uimm(Op::vctsxs, "4f000000 cf000000 cf000001 bfc00000", 0, "7fffffff 80000000 80000000 ffffffff",
              sat),
      vb_uimm(Op::vctsxs, "cf000000 4effffff 7f800001 80000001", 0, "80000000 7fffff80 00000000 00000000"),
      vb_uimm(Op::vctsxs, "bf800000", 31, "80000000"),
      vb_uimm(Op::vctsxs, "3f800000", 31, "7fffffff", sat),
  };
}

std::vector<Row> estimates() {
  return {
      vb(Op::vrefp, "40000000 80000000 7f800000 ff800000", "3f000000 ff800000 00000000 80000000"),
      vb(Op::vrefp, "7f800001 7f000000 00000001 40400000", "7fc00001 00400000 7f800000 3eaaaaab"),
      vb(Op::vrefp, "00000000 ff000000 00000001 80000001", "7f800000 80000000 7f800000 ff800000", nj, nj),
      vb(Op::vrsqrtefp, "40800000 bf800000 80000000 7f800000", "3f000000 7fc00000 ff800000 00000000"),
      vb(Op::vrsqrtefp, "00000000 ff800000 ff800001 3e800000", "7f800000 7fc00000 ffc00001 40000000"),
      vb(Op::vrsqrtefp, "80000001", "7fc00000"),
      vb(Op::vrsqrtefp, "80000001", "ff800000", nj, nj),
      vb(Op::vexptefp, "00000000 40400000 ff800000 7f800000", "3f800000 41000000 00000000 7f800000"),
      vb(Op::vexptefp, "c2fe0000 43000000 7f800001 bf800000", "00400000 7f800000 7fc00001 3f000000"),
      vb(Op::vexptefp, "c2fe0000 c2fc0000 80000000 c3160000", "00000000 00800000 3f800000 00000000", nj, nj),
      vb(Op::vexptefp, "c3150000 c3160000 ff7fffff 80000001", "00000001 00000000 00000000 3f800000"),
      vb(Op::vlogefp, "3f800000 00000000 bf800000 7f800000", "00000000 ff800000 7fc00000 7f800000"),
      vb(Op::vlogefp, "41000000 80000000 00000001 ff800000", "40400000 ff800000 c3150000 7fc00000"),
      vb(Op::vlogefp, "00000001 80000001 3f000000 ff800001", "ff800000 ff800000 bf800000 ffc00001", nj, nj),
  };
}

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const auto& part : {add_and_subtract(), multiply_and_sum(), average_and_order(), logic_and_shifts(),
                           permutes(), float_arithmetic(), float_rounding(), estimates()}) {
    rows.insert(rows.end(), part.begin(), part.end());
  }
  return rows;
}

TEST(VectorByHand, EveryRowGivesItsResult) {
  for (const Row& row : all_rows()) {
    Vscr vscr = row.before;
    const V128 d = apply_function(row.op)(reg(row.a), reg(row.b), reg(row.c), row.imm, vscr);
    EXPECT_EQ(show(d), show(reg(row.d)))
        << info(row.op).name << ' ' << row.a << ", " << row.b << ", " << row.c;
    EXPECT_EQ(vscr, row.after) << info(row.op).name << ' ' << row.a << ", " << row.b << ", " << row.c;
  }
}

TEST(VectorByHand, EveryInstructionHasARow) {
  std::set<Op> seen;
  for (const Row& row : all_rows()) seen.insert(row.op);
  EXPECT_EQ(seen.size(), op_count);
}

TEST(VectorByHand, SaturatingInstructionsHaveARowThatSaturates) {
  std::set<Op> seen;
  for (const Row& row : all_rows()) {
    if (row.before == none && row.after == sat) seen.insert(row.op);
  }
  for (unsigned i = 0; i < op_count; ++i) {
    const Op op = static_cast<Op>(i);
    EXPECT_EQ(seen.contains(op), info(op).sets_sat()) << info(op).name;
  }
}

TEST(VectorMemory, ShiftControls) {
  EXPECT_EQ(lvsl(0x1000), reg(count_up));
  EXPECT_EQ(lvsl(0xffff'fff3), reg("03040506 0708090a 0b0c0d0e 0f101112"));
  EXPECT_EQ(lvsr(0x1000), reg(count_on));
  EXPECT_EQ(lvsr(0x1003), reg("0d0e0f10 11121314 15161718 191a1b1c"));
}

TEST(VectorMemory, ElementsGoWhereTheAddressSays) {
  const V128 v = reg(count_up);
  EXPECT_EQ(extract_element<1>(v, 0x20), 0x00u);
  EXPECT_EQ(extract_element<1>(v, 0x2f), 0x0fu);
  EXPECT_EQ(extract_element<2>(v, 0x22), 0x0203u);
  EXPECT_EQ(extract_element<2>(v, 0x23), 0x0203u);
  EXPECT_EQ(extract_element<4>(v, 0x2c), 0x0c0d0e0fu);
  EXPECT_EQ(extract_element<4>(v, 0x27), 0x04050607u);
  EXPECT_EQ(insert_element<1>(v, 0xab, 0x11), reg("00ab0203 04050607 08090a0b 0c0d0e0f"));
  EXPECT_EQ(insert_element<2>(v, 0xabcd, 0x1f), reg("00010203 04050607 08090a0b 0c0dabcd"));
  EXPECT_EQ(insert_element<4>(v, 0x89abcdef, 0x18), reg("00010203 04050607 89abcdef 0c0d0e0f"));
}

TEST(VectorStatus, MovesThroughTheLastWord) {
  EXPECT_EQ(mfvscr(0x10001), reg("00000000 00000000 00000000 00010001"));
  EXPECT_EQ(mtvscr(reg("00000000 00000000 00000000 00010001")), 0x10001u);
  EXPECT_EQ(mtvscr(reg("ffffffff ffffffff ffffffff ffffffff")), 0x10001u);
  EXPECT_EQ(mtvscr(reg("ffffffff ffffffff ffffffff 00000000")), 0u);
}

}  // namespace
}  // namespace quince::ppc::vec
