/*
 * encoding.c - the fields of instructions must be those that Zydis finds: in all code of system
 * libraries, and in random bytes where those are an instruction for both; and encodings that code
 * of libraries hardly has, as the assembler writes them.
 */
#include "test.h"

#include <fcntl.h>
#include <unistd.h>
#include <gelf.h>
#include <Zydis/Zydis.h>

#include "symbolizer/processor/x86_64/instruction.h"

static ZydisDecoder decoder;

/* What is an instruction for both. */
struct pair {
    ZydisDecodedInstruction z;
    struct instruction i;
};

static int zydis_flow(const ZydisDecodedInstruction *z)
{
    switch (z->mnemonic) {
    case ZYDIS_MNEMONIC_RET:
        return z->meta.branch_type == ZYDIS_BRANCH_TYPE_FAR ? FLOW_END : FLOW_RETURN;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
        return FLOW_END;
    case ZYDIS_MNEMONIC_CALL:
        return FLOW_CALL;
    case ZYDIS_MNEMONIC_JMP:
        return z->raw.imm[0].is_relative ? FLOW_JUMP : FLOW_COMPUTED;
    default:
        return z->raw.imm[0].is_relative ? FLOW_BRANCH : FLOW_NEXT;
    }
}

static bool has_same_memory(const ZydisDecodedInstruction *z, const struct encoding *e)
{
    const bool sib = z->raw.modrm.rm == 4;
    unsigned base = sib ? z->raw.sib.base : z->raw.modrm.rm;
    unsigned index = sib ? z->raw.sib.index | (e->rex & REX_X ? 8u : 0) : RSP;

    if (z->raw.modrm.mod == 0 && base == RBP)
        base = sib ? NO_REGISTER : RIP;
    else
        base |= e->rex & REX_B ? 8 : 0;
    return e->base == base && e->index == (index == RSP ? NO_REGISTER : index) &&
           (!sib || e->scale == z->raw.sib.scale) && e->displacement == z->raw.disp.value;
}

/* An address of 64 bits, and enter's two numbers, are none of Zydis' immediates. */
static bool has_same_immediate(const ZydisDecodedInstruction *z, const struct encoding *e)
{
    const unsigned unused = 64 - z->raw.imm[0].size;
    const uint64_t value = z->raw.imm[0].value.u;

    return !z->raw.imm[0].size || z->raw.imm[1].size ||
           e->immediate == (int64_t)(value << unused) >> unused;
}

static const char *difference(const struct pair *pair)
{
    const ZydisDecodedInstruction *z = &pair->z;
    const struct encoding *e = &pair->i.encoding;
    bool modrm = z->attributes & ZYDIS_ATTRIB_HAS_MODRM;

    if (e->length != z->length)
        return "length";
    if ((int)pair->i.flow != zydis_flow(z))
        return "flow";
    /* Zydis has other numbers for XOP's maps, and none of 3DNow!'s opcode 0f. */
    if (z->encoding != ZYDIS_INSTRUCTION_ENCODING_XOP &&
        z->encoding != ZYDIS_INSTRUCTION_ENCODING_3DNOW &&
        (e->opcode != z->opcode || (e->map & ~MAP_VECTOR) != (int)z->opcode_map))
        return "opcode";
    if (modrm && (e->reg & 7) != z->raw.modrm.reg)
        return "reg";
    if (modrm && e->mod != 3 && !has_same_memory(z, e))
        return "memory";
    return has_same_immediate(z, e) ? NULL : "immediate";
}

/* jkzd and jknzd, which only Xeon Phi's first processors had, which were not x86-64's. */
static bool is_knights_corner(const ZydisDecodedInstruction *z)
{
    return z->mnemonic == ZYDIS_MNEMONIC_JKZD || z->mnemonic == ZYDIS_MNEMONIC_JKNZD;
}

/* How many instructions there are one behind the other, of those that Zydis knows. */
static size_t compare(const uint8_t *code, size_t size)
{
    struct pair pair;
    size_t count = 0;

    for (size_t at = 0; at < size;) {
        if (ZYAN_FAILED(
                ZydisDecoderDecodeInstruction(&decoder, NULL, code + at, size - at, &pair.z))) {
            at++;
            continue;
        }
        count++;
        const char *what = !instruction_decode(code + at, size - at, &pair.i) ? "not known"
                           : is_knights_corner(&pair.z)                       ? NULL
                                                                              : difference(&pair);
        if (what) {
            for (size_t i = 0; i < pair.z.length; i++)
                print_error("%02x ", code[at + i]);
            fail_msg("%s: %s", ZydisMnemonicGetString(pair.z.mnemonic), what);
        }
        at += pair.z.length;
    }
    return count;
}

static void compare_code(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
    Elf_Scn *scn = NULL;
    GElf_Shdr shdr;
    size_t count = 0;

    if (fd < 0)
        return;
    while ((scn = elf_nextscn(elf, scn))) {
        if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_PROGBITS &&
            shdr.sh_flags & SHF_EXECINSTR) {
            const Elf_Data *data = elf_getdata(scn, NULL);
            count += compare(data->d_buf, data->d_size);
        }
    }
    elf_end(elf);
    close(fd);
    print_message("%s: %zu instructions\n", path, count);
    assert_true(count > 1000);
}

static void test_same_as_zydis(void **state)
{
    static const char *const libraries[] = {
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib64/ld-linux-x86-64.so.2",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    };
    static uint8_t bytes[1 << 20];

    (void)state;
    elf_version(EV_CURRENT);
    for (size_t i = 0; i < LENGTH(libraries); i++)
        compare_code(libraries[i]);
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(random() >> 8);
    assert_true(compare(bytes, sizeof(bytes)) > sizeof(bytes) / 8);
}

static void test_odd_instructions(void **state)
{
    static const struct {
        const char *what;
        uint8_t bytes[INSTRUCTION_MAX];
        unsigned length; /* 0: none */
    } cases[] = {
        { "push %r8 behind two REX prefixes, of which the last counts", { 0x40, 0x41, 0x50 }, 3 },
        { "push %ax, where REX is not right before the opcode", { 0x41, 0x66, 0x50 }, 3 },
        { "mov %cr4,%rax, whose mod is of no matter", { 0x0f, 0x20, 0x60 }, 3 },
        { "vprotd of AMD's XOP", { 0x8f, 0xe8, 0x78, 0xc2, 0xc1, 7 }, 6 },
        { "bextr of AMD's TBM", { 0x8f, 0xea, 0x78, 0x10, 0xc1, 1, 2, 3, 4 }, 9 },
        { "xstore of VIA's PadLock", { 0x0f, 0xa7, 0xc0 }, 3 },
        { "vaddph of AVX512-FP16", { 0x62, 0xf5, 0x74, 0x48, 0x58, 0xc2 }, 6 },
        { "xbegin", { 0xc7, 0xf8, 1, 2, 3, 4 }, 6 },
        { "the same, but no mov", { 0xc7, 0xf9, 1, 2, 3, 4 }, 0 },
        { "far jmp to a register", { 0xff, 0xe8 }, 0 },
        { "the last of its group", { 0xff, 0x38 }, 0 },
        { "lea of a register", { 0x48, 0x8d, 0xc0 }, 0 },
        { "lock of a register", { 0xf0, 0x01, 0xc0 }, 0 },
        { "more prefixes than an instruction has bytes",
          { 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e, 0x2e,
            0x2e },
          0 },
    };
    struct encoding e;

    (void)state;
    for (size_t i = 0; i < LENGTH(cases); i++) {
        bool known = encoding_decode(cases[i].bytes, INSTRUCTION_MAX, &e);
        if ((known ? e.length : 0) != cases[i].length)
            fail_msg("%s: %u bytes", cases[i].what, known ? e.length : 0u);
    }
    assert_true(encoding_decode(cases[0].bytes, INSTRUCTION_MAX, &e) && e.rm == R8);
    assert_true(encoding_decode(cases[1].bytes, INSTRUCTION_MAX, &e) && e.rm == RAX);
}

static int setup(void **state)
{
    (void)state;
    return ZYAN_FAILED(
        ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_as_zydis),
                                        cmocka_unit_test(test_odd_instructions) };
    return cmocka_run_group_tests(tests, setup, NULL);
}
