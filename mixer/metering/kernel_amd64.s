#include "textflag.h"

// A period of samples is walked through in columns of a vector: BX is where the column begins, AX the sample in it, and
// what is summed up stays in registers for the length of a column.

// MAGNITUDES sets Y15 to what takes the signs away.
#define MAGNITUDES \
	MOVL        $0x7FFFFFFF, R13; \
	VMOVD       R13, X15; \
	VSHUFPS     $0, X15, X15, X15; \
	VINSERTF128 $1, X15, Y15, Y15

// BETWEEN begins quartersAVX and halvesAVX: R9 is the bytes of a frame, R10 those from the first to the last sample.
#define BETWEEN \
	MOVQ  peaks+0(FP), DI; \
	MOVQ  weights+8(FP), DX; \
	MOVQ  work+16(FP), SI; \
	MOVQ  n+24(FP), CX; \
	MOVQ  period+32(FP), R8; \
	MOVQ  channels+40(FP), R9; \
	SHLQ  $2, R9; \
	IMUL3Q $23, R9, R10; \
	MAGNITUDES; \
	XORQ  BX, BX

// Both sides of a pair are at R12 and R11; the latter stays in Y4. Y1, Y2 and Y3 are half, even and odd.
#define QUARTERS(half, even, odd) \
	VMOVUPS (R11), Y4; \
	VMOVUPS (R12), Y5; \
	VADDPS  Y5, Y4, Y6; \
	VSUBPS  Y5, Y4, Y7; \
	VMULPS  half(DX), Y6, Y8; \
	VMULPS  even(DX), Y6, Y9; \
	VMULPS  odd(DX), Y7, Y10; \
	VADDPS  Y8, Y1, Y1; \
	VADDPS  Y9, Y2, Y2; \
	VADDPS  Y10, Y3, Y3; \
	SUBQ    R9, R11; \
	ADDQ    R9, R12

#define HALVES(half) \
	VMOVUPS (R11), Y4; \
	VADDPS  (R12), Y4, Y6; \
	VMULPS  half(DX), Y6, Y8; \
	VADDPS  Y8, Y1, Y1; \
	SUBQ    R9, R11; \
	ADDQ    R9, R12

// func levelsAVX(peaks *float32, sums, squares, products *float64, src *float32, n, period int)
TEXT ·levelsAVX(SB), NOSPLIT, $0-56
	MOVQ peaks+0(FP), DI
	MOVQ sums+8(FP), R8
	MOVQ squares+16(FP), R9
	MOVQ products+24(FP), R10
	MOVQ src+32(FP), SI
	MOVQ n+40(FP), CX
	MOVQ period+48(FP), DX
	MAGNITUDES
	XORQ BX, BX
column:
	VMOVUPS (DI)(BX*4), Y0
	VMOVUPD (R8)(BX*8), Y1
	VMOVUPD 32(R8)(BX*8), Y2
	VMOVUPD (R9)(BX*8), Y3
	VMOVUPD 32(R9)(BX*8), Y4
	VMOVUPD (R10)(BX*8), Y5
	VMOVUPD 32(R10)(BX*8), Y6
	MOVQ    BX, AX
	JMP     test
turn:
	VANDPS    (SI)(AX*4), Y15, Y7
	VCVTPS2PD (SI)(AX*4), Y8
	VCVTPS2PD 16(SI)(AX*4), Y9
	VCVTPS2PD 4(SI)(AX*4), Y10
	VCVTPS2PD 20(SI)(AX*4), Y11
	VMAXPS    Y0, Y7, Y0
	VADDPD    Y8, Y1, Y1
	VADDPD    Y9, Y2, Y2
	VMULPD    Y8, Y10, Y10
	VMULPD    Y9, Y11, Y11
	VMULPD    Y8, Y8, Y8
	VMULPD    Y9, Y9, Y9
	VADDPD    Y10, Y5, Y5
	VADDPD    Y11, Y6, Y6
	VADDPD    Y8, Y3, Y3
	VADDPD    Y9, Y4, Y4
	ADDQ      DX, AX
test:
	CMPQ    AX, CX
	JLT     turn
	VMOVUPS Y0, (DI)(BX*4)
	VMOVUPD Y1, (R8)(BX*8)
	VMOVUPD Y2, 32(R8)(BX*8)
	VMOVUPD Y3, (R9)(BX*8)
	VMOVUPD Y4, 32(R9)(BX*8)
	VMOVUPD Y5, (R10)(BX*8)
	VMOVUPD Y6, 32(R10)(BX*8)
	ADDQ    $8, BX
	CMPQ    BX, DX
	JLT     column
	VZEROUPPER
	RET

// func quartersAVX(peaks, weights, work *float32, n, period, channels int)
TEXT ·quartersAVX(SB), NOSPLIT, $0-48
	BETWEEN
column:
	VMOVUPS (DI)(BX*4), Y0
	MOVQ    BX, AX
	JMP     test
turn:
	LEAQ   (SI)(AX*4), R12
	LEAQ   (R12)(R10*1), R11
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	QUARTERS(0, 32, 64)
	QUARTERS(96, 128, 160)
	QUARTERS(192, 224, 256)
	QUARTERS(288, 320, 352)
	QUARTERS(384, 416, 448)
	QUARTERS(480, 512, 544)
	QUARTERS(576, 608, 640)
	QUARTERS(672, 704, 736)
	QUARTERS(768, 800, 832)
	QUARTERS(864, 896, 928)
	QUARTERS(960, 992, 1024)
	QUARTERS(1056, 1088, 1120)
	VANDPS Y15, Y1, Y1
	VANDPS Y15, Y2, Y2
	VANDPS Y15, Y3, Y3
	VANDPS Y15, Y4, Y4
	VADDPS Y3, Y2, Y2
	VMAXPS Y0, Y1, Y0
	VMAXPS Y0, Y2, Y0
	VMAXPS Y0, Y4, Y0
	ADDQ   R8, AX
test:
	CMPQ    AX, CX
	JLT     turn
	VMOVUPS Y0, (DI)(BX*4)
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     column
	VZEROUPPER
	RET

// func halvesAVX(peaks, weights, work *float32, n, period, channels int)
TEXT ·halvesAVX(SB), NOSPLIT, $0-48
	BETWEEN
column:
	VMOVUPS (DI)(BX*4), Y0
	MOVQ    BX, AX
	JMP     test
turn:
	LEAQ   (SI)(AX*4), R12
	LEAQ   (R12)(R10*1), R11
	VXORPS Y1, Y1, Y1
	HALVES(0)
	HALVES(96)
	HALVES(192)
	HALVES(288)
	HALVES(384)
	HALVES(480)
	HALVES(576)
	HALVES(672)
	HALVES(768)
	HALVES(864)
	HALVES(960)
	HALVES(1056)
	VANDPS Y15, Y1, Y1
	VANDPS Y15, Y4, Y4
	VMAXPS Y0, Y1, Y0
	VMAXPS Y0, Y4, Y0
	ADDQ   R8, AX
test:
	CMPQ    AX, CX
	JLT     turn
	VMOVUPS Y0, (DI)(BX*4)
	ADDQ    $8, BX
	CMPQ    BX, R8
	JLT     column
	VZEROUPPER
	RET

// Y0 to Y4 are the states s1, s2, t1, t2 and the sum of a group of four channels, Y8 to Y14 the coefficients.
// func weightAVX(states, wide *float64, src *float32, frames, channels, groups int)
TEXT ·weightAVX(SB), NOSPLIT, $0-48
	MOVQ    states+0(FP), DI
	MOVQ    wide+8(FP), DX
	MOVQ    src+16(FP), SI
	MOVQ    channels+32(FP), R9
	MOVQ    groups+40(FP), R8
	SHLQ    $2, R9
	VMOVUPD (DX), Y8
	VMOVUPD 32(DX), Y9
	VMOVUPD 64(DX), Y10
	VMOVUPD 96(DX), Y11
	VMOVUPD 128(DX), Y12
	VMOVUPD 160(DX), Y13
	VMOVUPD 192(DX), Y14
four:
	MOVQ    SI, R10
	MOVQ    frames+24(FP), CX
	VMOVUPD (DI), Y0
	VMOVUPD 32(DI), Y1
	VMOVUPD 64(DI), Y2
	VMOVUPD 96(DI), Y3
	VMOVUPD 128(DI), Y4
frame:
	VCVTPS2PD (R10), Y5
	VMULPD    Y8, Y5, Y6
	VADDPD    Y0, Y6, Y6
	VMULPD    Y9, Y5, Y7
	VMULPD    Y11, Y6, Y15
	VSUBPD    Y15, Y7, Y7
	VADDPD    Y1, Y7, Y0
	VMULPD    Y10, Y5, Y7
	VMULPD    Y12, Y6, Y15
	VSUBPD    Y15, Y7, Y1
	VADDPD    Y2, Y6, Y15
	VADDPD    Y6, Y6, Y7
	VMULPD    Y13, Y15, Y5
	VADDPD    Y5, Y7, Y7
	VSUBPD    Y7, Y3, Y2
	VMULPD    Y14, Y15, Y5
	VSUBPD    Y5, Y6, Y3
	VMULPD    Y15, Y15, Y15
	VADDPD    Y15, Y4, Y4
	ADDQ      R9, R10
	DECQ      CX
	JNE       frame
	VMOVUPD   Y0, (DI)
	VMOVUPD   Y1, 32(DI)
	VMOVUPD   Y2, 64(DI)
	VMOVUPD   Y3, 96(DI)
	VMOVUPD   Y4, 128(DI)
	ADDQ      $160, DI
	ADDQ      $16, SI
	DECQ      R8
	JNE       four
	VZEROUPPER
	RET
