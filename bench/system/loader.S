/* Brings the image of the system benchmark to physical address 0 where no emulator's loader does, and enters it at
 * 0x3100. The script puts the image where there is room for it. -DDINGUSPPC: a boot ROM of a Power Macintosh G3 (MPC106
 * and Heathrow), linked for 0xfff00000, 1 MiB. -DPEARPC: an ELF file for PearPC's boot loader, linked for 0x800000,
 * which is where that puts it. */
        .set IMAGE_ENTRY, 0x3100
        .set IMAGE_ROOM, 0x8000
        .set CONFIG_ADDRESS, 0xfec0     /* upper halves of the host bridge's registers */
        .set CONFIG_DATA, 0xfee0

        .text
        .globl start
#ifdef DINGUSPPC
        .macro configure device, register, value  /* a word in a PCI device's configuration space */
        lis     %r3, (0x80000000 | \device << 11 | \register)@h
        ori     %r3, %r3, (0x80000000 | \device << 11 | \register)@l
        stwbrx  %r3, 0, %r1
        lis     %r3, (\value)@h
        ori     %r3, %r3, (\value)@l
        stwbrx  %r3, 0, %r2
        .endm

        .org    0x100                   /* system reset */
start:  lis     %r1, CONFIG_ADDRESS
        lis     %r2, CONFIG_DATA
        configure 0, 0x80, 0            /* the first bank of memory starts at 0 */
        configure 0, 0x88, 0
        configure 0, 0x90, 0x3f         /* and ends at 64 MiB */
        configure 0, 0x98, 0
        configure 0, 0xa0, 1            /* no other bank */
        configure 0, 0xf0, 1 << 19      /* MEMGO */
        configure 16, 0x10, 0xf3000000  /* the I/O controller: its place */
        configure 16, 0x04, 2           /* and there it answers */
#else
start:  lis     %r3, untranslated@h     /* virtual addresses are physical ones here */
        ori     %r3, %r3, untranslated@l
        mtsrr0  %r3
        li      %r3, 0
        mtsrr1  %r3
        rfi
untranslated:
#endif
        lis     %r3, (image - 4)@h
        ori     %r3, %r3, (image - 4)@l
        li      %r4, IMAGE_ROOM / 4
        mtctr   %r4
        li      %r4, -4
1:      lwzu    %r5, 4(%r3)
        stwu    %r5, 4(%r4)
        bdnz    1b
        li      %r3, 0                  /* the instructions among them */
2:      dcbst   0, %r3
        sync
        icbi    0, %r3
        addi    %r3, %r3, 32
        cmplw   %r3, %r4
        ble     2b
        sync
        isync
        li      %r3, IMAGE_ENTRY
        mtctr   %r3
        bctr

        .org    0x1000
image:  .fill   IMAGE_ROOM
#ifdef DINGUSPPC
        .org    0x100000
#endif
