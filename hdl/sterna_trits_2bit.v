// Decodes one byte of the 2-bit packing into four trits. Combinational.
//
// Trit j is bits 2j+1..2j of the byte less 1, so 8'h55 is four zeros. Trit j is 0 when nonzero[j]
// is low, else -1 when negative[j] is high and 1 when it is low; negative[j] is low for a zero.
// The value 3 stands for nothing and decodes to a zero.
`default_nettype none

module sterna_trits_2bit (
    input  wire [7:0] code_byte,
    output wire [3:0] nonzero,
    output wire [3:0] negative
);

  genvar j;
  generate
    for (j = 0; j < 4; j = j + 1) begin : trit
      assign nonzero[j] = !code_byte[2*j];
      assign negative[j] = code_byte[2*j+1:2*j] == 2'd0;
    end
  endgenerate

endmodule

`default_nettype wire
