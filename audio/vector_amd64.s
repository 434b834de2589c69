#include "textflag.h"

// Sixteen samples a turn. Rounding is to nearest even, as Go sets the processor.
// Everywhere DI is dst, SI is src, CX counts down n, and Y14 is the order of bytes.

#define BEGIN \
	MOVQ dst+0(FP), DI; \
	MOVQ src+8(FP), SI; \
	MOVQ n+16(FP), CX; \
	MOVQ order+24(FP), AX; \
	VBROADCASTI128 (AX), Y14

// FILL puts the same 32 bits into all of y.
#define FILL(bits, x, y) \
	MOVL bits, AX; \
	VMOVD AX, x; \
	VPBROADCASTD x, y

// PEAK keeps in sum the largest bits of y without the signs, which shows NaN,
// infinities and whatever else the plain code has to do. It needs Y12.
#define PEAK_BEGIN \
	FILL($0x7FFFFFFF, X12, Y12); \
	VPXOR Y10, Y10, Y10; \
	VPXOR Y11, Y11, Y11

#define PEAK(y, t, sum) \
	VPAND Y12, y, t; \
	VPMAXUD t, sum, sum

// PEAK_END leaves it in AX.
#define PEAK_END \
	VPMAXUD Y11, Y10, Y10; \
	VEXTRACTI128 $1, Y10, X11; \
	VPMAXUD X11, X10, X10; \
	VPSHUFD $0x4E, X10, X11; \
	VPMAXUD X11, X10, X10; \
	VPSHUFD $0xB1, X10, X11; \
	VPMAXUD X11, X10, X10; \
	VMOVD X10, AX

// func decode16AVX2(dst *float32, src *byte, n int, order *byteMap)
TEXT ·decode16AVX2(SB), NOSPLIT, $0-32
	BEGIN
	FILL($0x38000000, X13, Y13) // 2^-15
decode16:
	VMOVDQU   (SI), X0
	VMOVDQU   16(SI), X1
	VPSHUFB   X14, X0, X0
	VPSHUFB   X14, X1, X1
	VPMOVSXWD X0, Y0
	VPMOVSXWD X1, Y1
	VCVTDQ2PS Y0, Y0
	VCVTDQ2PS Y1, Y1
	VMULPS    Y13, Y0, Y0
	VMULPS    Y13, Y1, Y1
	VMOVUPS   Y0, (DI)
	VMOVUPS   Y1, 32(DI)
	ADDQ      $32, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JNZ       decode16
	VZEROUPPER
	RET

// Packed samples: four from twelve bytes, into the upper 24 bits of 32.
// func decode24AVX2(dst *float32, src *byte, n int, order *byteMap)
TEXT ·decode24AVX2(SB), NOSPLIT, $0-32
	BEGIN
	FILL($0x30000000, X13, Y13) // 2^-31
decode24:
	VMOVDQU     (SI), X0
	VMOVDQU     24(SI), X1
	VINSERTI128 $1, 12(SI), Y0, Y0
	VINSERTI128 $1, 36(SI), Y1, Y1
	VPSHUFB     Y14, Y0, Y0
	VPSHUFB     Y14, Y1, Y1
	VCVTDQ2PS   Y0, Y0
	VCVTDQ2PS   Y1, Y1
	VMULPS      Y13, Y0, Y0
	VMULPS      Y13, Y1, Y1
	VMOVUPS     Y0, (DI)
	VMOVUPS     Y1, 32(DI)
	ADDQ        $48, SI
	ADDQ        $64, DI
	SUBQ        $16, CX
	JNZ         decode24
	VZEROUPPER
	RET

// func decode32AVX2(dst *float32, src *byte, n int, order *byteMap)
TEXT ·decode32AVX2(SB), NOSPLIT, $0-32
	BEGIN
	FILL($0x30000000, X13, Y13) // 2^-31
decode32:
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	VPSHUFB   Y14, Y0, Y0
	VPSHUFB   Y14, Y1, Y1
	VCVTDQ2PS Y0, Y0
	VCVTDQ2PS Y1, Y1
	VMULPS    Y13, Y0, Y0
	VMULPS    Y13, Y1, Y1
	VMOVUPS   Y0, (DI)
	VMOVUPS   Y1, 32(DI)
	ADDQ      $64, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JNZ       decode32
	VZEROUPPER
	RET

// func decodeFloatAVX2(dst *float32, src *byte, n int, order *byteMap) (peak uint32)
TEXT ·decodeFloatAVX2(SB), NOSPLIT, $0-36
	BEGIN
	PEAK_BEGIN
decodeFloat:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	VPSHUFB Y14, Y0, Y0
	VPSHUFB Y14, Y1, Y1
	PEAK(Y0, Y2, Y10)
	PEAK(Y1, Y3, Y11)
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     decodeFloat
	PEAK_END
	MOVL    AX, peak+32(FP)
	VZEROUPPER
	RET

// func encodeFloatAVX2(dst *byte, src *float32, n int, order *byteMap) (peak uint32)
TEXT ·encodeFloatAVX2(SB), NOSPLIT, $0-36
	BEGIN
	PEAK_BEGIN
encodeFloat:
	VMOVDQU (SI), Y0
	VMOVDQU 32(SI), Y1
	PEAK(Y0, Y2, Y10)
	PEAK(Y1, Y3, Y11)
	VPSHUFB Y14, Y0, Y0
	VPSHUFB Y14, Y1, Y1
	VMOVDQU Y0, (DI)
	VMOVDQU Y1, 32(DI)
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JNZ     encodeFloat
	PEAK_END
	MOVL    AX, peak+32(FP)
	VZEROUPPER
	RET

// Packing saturates, as far as 32 bits reach.
// func encode16AVX2(dst *byte, src *float32, n int, order *byteMap) (peak uint32)
TEXT ·encode16AVX2(SB), NOSPLIT, $0-36
	BEGIN
	PEAK_BEGIN
	FILL($0x47000000, X8, Y8) // 2^15
encode16:
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	PEAK(Y0, Y2, Y10)
	PEAK(Y1, Y3, Y11)
	VMULPS    Y8, Y0, Y0
	VMULPS    Y8, Y1, Y1
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPACKSSDW Y1, Y0, Y0
	VPERMQ    $0xD8, Y0, Y0 // packing works in each half by itself
	VPSHUFB   Y14, Y0, Y0
	VMOVDQU   Y0, (DI)
	ADDQ      $64, SI
	ADDQ      $32, DI
	SUBQ      $16, CX
	JNZ       encode16
	PEAK_END
	MOVL      AX, peak+32(FP)
	VZEROUPPER
	RET

// From 2^31 upwards the conversion gives 0x80000000, and the bits are inverted.
// func quantiseAVX2(dst *byte, src *float32, n int, order *byteMap, s floatSpan) (peak uint32)
TEXT ·quantiseAVX2(SB), NOSPLIT, $0-52
	BEGIN
	PEAK_BEGIN
	VBROADCASTSS s_scale+32(FP), Y7
	VBROADCASTSS s_low+36(FP), Y8
	VBROADCASTSS s_high+40(FP), Y9
	FILL($0x4F000000, X6, Y6) // 2^31
quantise:
	VMOVDQU   (SI), Y0
	VMOVDQU   32(SI), Y1
	PEAK(Y0, Y2, Y10)
	PEAK(Y1, Y3, Y11)
	VMULPS    Y7, Y0, Y0
	VMULPS    Y7, Y1, Y1
	VMINPS    Y9, Y0, Y0
	VMINPS    Y9, Y1, Y1
	VMAXPS    Y8, Y0, Y0
	VMAXPS    Y8, Y1, Y1
	VCMPPS    $13, Y6, Y0, Y2 // not below
	VCMPPS    $13, Y6, Y1, Y3
	VCVTPS2DQ Y0, Y0
	VCVTPS2DQ Y1, Y1
	VPXOR     Y2, Y0, Y0
	VPXOR     Y3, Y1, Y1
	VPSHUFB   Y14, Y0, Y0
	VPSHUFB   Y14, Y1, Y1
	VMOVDQU   Y0, (DI)
	VMOVDQU   Y1, 32(DI)
	ADDQ      $64, SI
	ADDQ      $64, DI
	SUBQ      $16, CX
	JNZ       quantise
	PEAK_END
	MOVL      AX, peak+48(FP)
	VZEROUPPER
	RET
