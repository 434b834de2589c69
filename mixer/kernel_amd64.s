#include "textflag.h"

// Everywhere DI is dst, SI is src, CX is n and AX the sample; DX is the period of
// levels, R8 its length and BX the sample in it. Where a period is one vector, it stays
// in registers and four vectors make a turn.

#define BEGIN \
	MOVQ dst+0(FP), DI; \
	MOVQ src+8(FP), SI; \
	MOVQ n+16(FP), CX; \
	MOVQ CX, R9; \
	ANDQ $~31, R9; \
	XORQ AX, AX

#define LEVELS \
	MOVQ to+24(FP), DX; \
	MOVQ period+32(FP), R8; \
	XORQ BX, BX


// LINE needs Y8, the frames left where the period begins, and Y9, the frames of a
// period. LEVEL is the levels of a vector, in Y1.
#define LINE \
	MOVQ         to+24(FP), DX; \
	MOVQ         step+32(FP), R11; \
	MOVQ         offset+40(FP), R12; \
	MOVQ         period+48(FP), R8; \
	VBROADCASTSS left+56(FP), Y8; \
	VBROADCASTSS frames+60(FP), Y9; \
	XORQ         BX, BX

#define LEVEL \
	VSUBPS (R12)(BX*4), Y8, Y1; \
	VMULPS (R11)(BX*4), Y1, Y1; \
	VADDPS (DX)(BX*4), Y1, Y1

// func addAVX(dst, src *float32, n int)
TEXT ·addAVX(SB), NOSPLIT, $0-24
	BEGIN
	JMP add4test
add4:
	VMOVUPS (SI)(AX*4), Y1
	VMOVUPS 32(SI)(AX*4), Y2
	VMOVUPS 64(SI)(AX*4), Y3
	VMOVUPS 96(SI)(AX*4), Y4
	VADDPS  (DI)(AX*4), Y1, Y1
	VADDPS  32(DI)(AX*4), Y2, Y2
	VADDPS  64(DI)(AX*4), Y3, Y3
	VADDPS  96(DI)(AX*4), Y4, Y4
	VMOVUPS Y1, (DI)(AX*4)
	VMOVUPS Y2, 32(DI)(AX*4)
	VMOVUPS Y3, 64(DI)(AX*4)
	VMOVUPS Y4, 96(DI)(AX*4)
	ADDQ    $32, AX
add4test:
	CMPQ    AX, R9
	JLT     add4
	JMP     add1test
add1:
	VMOVUPS (SI)(AX*4), Y1
	VADDPS  (DI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
add1test:
	CMPQ    AX, CX
	JLT     add1
	VZEROUPPER
	RET

// func scaleAVX(dst, src *float32, n int, to *float32, period int)
TEXT ·scaleAVX(SB), NOSPLIT, $0-40
	BEGIN
	LEVELS
	CMPQ    R8, $8
	JNE     scale1test
	VMOVUPS (DX), Y0
	JMP     scale4test
scale4:
	VMULPS  (SI)(AX*4), Y0, Y1
	VMULPS  32(SI)(AX*4), Y0, Y2
	VMULPS  64(SI)(AX*4), Y0, Y3
	VMULPS  96(SI)(AX*4), Y0, Y4
	VMOVUPS Y1, (DI)(AX*4)
	VMOVUPS Y2, 32(DI)(AX*4)
	VMOVUPS Y3, 64(DI)(AX*4)
	VMOVUPS Y4, 96(DI)(AX*4)
	ADDQ    $32, AX
scale4test:
	CMPQ    AX, R9
	JLT     scale4
	JMP     scale1test
scale1:
	VMOVUPS (DX)(BX*4), Y1
	VMULPS  (SI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     scale1test
	XORQ    BX, BX
scale1test:
	CMPQ    AX, CX
	JLT     scale1
	VZEROUPPER
	RET

// func scaleAddAVX(dst, src *float32, n int, to *float32, period int)
TEXT ·scaleAddAVX(SB), NOSPLIT, $0-40
	BEGIN
	LEVELS
	CMPQ    R8, $8
	JNE     scale1test
	VMOVUPS (DX), Y0
	JMP     scale4test
scale4:
	VMULPS  (SI)(AX*4), Y0, Y1
	VMULPS  32(SI)(AX*4), Y0, Y2
	VMULPS  64(SI)(AX*4), Y0, Y3
	VMULPS  96(SI)(AX*4), Y0, Y4
	VADDPS  (DI)(AX*4), Y1, Y1
	VADDPS  32(DI)(AX*4), Y2, Y2
	VADDPS  64(DI)(AX*4), Y3, Y3
	VADDPS  96(DI)(AX*4), Y4, Y4
	VMOVUPS Y1, (DI)(AX*4)
	VMOVUPS Y2, 32(DI)(AX*4)
	VMOVUPS Y3, 64(DI)(AX*4)
	VMOVUPS Y4, 96(DI)(AX*4)
	ADDQ    $32, AX
scale4test:
	CMPQ    AX, R9
	JLT     scale4
	JMP     scale1test
scale1:
	VMOVUPS (DX)(BX*4), Y1
	VMULPS  (SI)(AX*4), Y1, Y1
	VADDPS  (DI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     scale1test
	XORQ    BX, BX
scale1test:
	CMPQ    AX, CX
	JLT     scale1
	VZEROUPPER
	RET

// func slideAVX(dst, src *float32, n int, to, step, offset *float32, period int, left, frames float32)
TEXT ·slideAVX(SB), NOSPLIT, $0-64
	BEGIN
	LINE
slide:
	LEVEL
	VMULPS  (SI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     slidetest
	XORQ    BX, BX
	VSUBPS  Y9, Y8, Y8
slidetest:
	CMPQ    AX, CX
	JLT     slide
	VZEROUPPER
	RET

// func slideAddAVX(dst, src *float32, n int, to, step, offset *float32, period int, left, frames float32)
TEXT ·slideAddAVX(SB), NOSPLIT, $0-64
	BEGIN
	LINE
slide:
	LEVEL
	VMULPS  (SI)(AX*4), Y1, Y1
	VADDPS  (DI)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     slidetest
	XORQ    BX, BX
	VSUBPS  Y9, Y8, Y8
slidetest:
	CMPQ    AX, CX
	JLT     slide
	VZEROUPPER
	RET

// FILL puts the same 32 bits into all of y.
#define FILL(bits, x, y) \
	MOVL        bits, R13; \
	VMOVD       R13, x; \
	VSHUFPS     $0, x, x, x; \
	VINSERTF128 $1, x, y, y

// A magnitude that is NaN leaves the peak as it was.
// func measureAVX(peak *float32, squares *float64, src *float32, n, period int)
TEXT ·measureAVX(SB), NOSPLIT, $0-40
	MOVQ peak+0(FP), DI
	MOVQ squares+8(FP), DX
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	MOVQ period+32(FP), R8
	XORQ AX, AX
	XORQ BX, BX
	FILL($0x7FFFFFFF, X6, Y6)
	CMPQ R8, $8
	JNE  measure

	VMOVUPS (DI), Y7
	VMOVUPD (DX), Y8
	VMOVUPD 32(DX), Y9
one:
	VCVTPS2PD (SI)(AX*4), Y1
	VCVTPS2PD 16(SI)(AX*4), Y2
	VANDPS    (SI)(AX*4), Y6, Y0
	VMULPD    Y1, Y1, Y1
	VMULPD    Y2, Y2, Y2
	VMAXPS    Y7, Y0, Y7
	VADDPD    Y1, Y8, Y8
	VADDPD    Y2, Y9, Y9
	ADDQ      $8, AX
	CMPQ      AX, CX
	JLT       one
	VMOVUPS   Y7, (DI)
	VMOVUPD   Y8, (DX)
	VMOVUPD   Y9, 32(DX)
	VZEROUPPER
	RET

measure:
	VCVTPS2PD (SI)(AX*4), Y1
	VCVTPS2PD 16(SI)(AX*4), Y2
	VANDPS    (SI)(AX*4), Y6, Y0
	VMULPD    Y1, Y1, Y1
	VMULPD    Y2, Y2, Y2
	VMAXPS    (DI)(BX*4), Y0, Y0
	VADDPD    (DX)(BX*8), Y1, Y1
	VADDPD    32(DX)(BX*8), Y2, Y2
	VMOVUPS   Y0, (DI)(BX*4)
	VMOVUPD   Y1, (DX)(BX*8)
	VMOVUPD   Y2, 32(DX)(BX*8)
	ADDQ      $8, AX
	ADDQ      $8, BX
	CMPQ      BX, R8
	JLT       measuretest
	XORQ      BX, BX
measuretest:
	CMPQ      AX, CX
	JLT       measure
	VZEROUPPER
	RET
