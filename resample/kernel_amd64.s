#include "textflag.h"

// func blendAVX(coef, rows *float64, stride int, w *[4]float64, n int)
TEXT ·blendAVX(SB), NOSPLIT, $0-40
	MOVQ coef+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ stride+16(FP), DX
	MOVQ w+24(FP), BX
	MOVQ n+32(FP), CX
	VBROADCASTSD 0(BX), Y0
	VBROADCASTSD 8(BX), Y1
	VBROADCASTSD 16(BX), Y2
	VBROADCASTSD 24(BX), Y3
	LEAQ (SI)(DX*8), R8  // the second row,
	LEAQ (R8)(DX*8), R9  // the third
	LEAQ (R9)(DX*8), R10 // and the fourth
	XORQ AX, AX

blend:
	VMULPD (SI)(AX*8), Y0, Y4
	VMULPD 32(SI)(AX*8), Y0, Y5
	VMULPD (R8)(AX*8), Y1, Y6
	VMULPD 32(R8)(AX*8), Y1, Y7
	VADDPD Y6, Y4, Y4
	VADDPD Y7, Y5, Y5
	VMULPD (R9)(AX*8), Y2, Y6
	VMULPD 32(R9)(AX*8), Y2, Y7
	VADDPD Y6, Y4, Y4
	VADDPD Y7, Y5, Y5
	VMULPD (R10)(AX*8), Y3, Y6
	VMULPD 32(R10)(AX*8), Y3, Y7
	VADDPD Y6, Y4, Y4
	VADDPD Y7, Y5, Y5
	VMOVUPD Y4, (DI)(AX*8)
	VMOVUPD Y5, 32(DI)(AX*8)
	ADDQ $8, AX
	CMPQ AX, CX
	JLT  blend
	VZEROUPPER
	RET

// func dotAVX(coef, l, r *float64, n int) (suml, sumr float64)
TEXT ·dotAVX(SB), NOSPLIT, $0-48
	MOVQ coef+0(FP), DI
	MOVQ l+8(FP), SI
	MOVQ r+16(FP), DX
	MOVQ n+24(FP), CX
	VXORPD Y0, Y0, Y0 // l, even groups of four
	VXORPD Y1, Y1, Y1 // and odd
	VXORPD Y2, Y2, Y2 // r
	VXORPD Y3, Y3, Y3
	XORQ AX, AX

dot:
	VMOVUPD (DI)(AX*8), Y4
	VMOVUPD 32(DI)(AX*8), Y5
	VMULPD (SI)(AX*8), Y4, Y6
	VMULPD 32(SI)(AX*8), Y5, Y7
	VMULPD (DX)(AX*8), Y4, Y8
	VMULPD 32(DX)(AX*8), Y5, Y9
	VADDPD Y6, Y0, Y0
	VADDPD Y7, Y1, Y1
	VADDPD Y8, Y2, Y2
	VADDPD Y9, Y3, Y3
	ADDQ $8, AX
	CMPQ AX, CX
	JLT  dot

	// s0+s4 s1+s5 s2+s6 s3+s7, then the upper half onto the lower, then the rest
	VADDPD Y1, Y0, Y0
	VADDPD Y3, Y2, Y2
	VEXTRACTF128 $1, Y0, X1
	VEXTRACTF128 $1, Y2, X3
	VADDPD X1, X0, X0
	VADDPD X3, X2, X2
	VHADDPD X0, X0, X0
	VHADDPD X2, X2, X2
	VMOVSD X0, suml+32(FP)
	VMOVSD X2, sumr+40(FP)
	VZEROUPPER
	RET
