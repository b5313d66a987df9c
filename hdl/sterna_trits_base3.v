// Decodes one byte of the base-3 packing into five trits. Combinational.
//
// The byte is the sum of (trit j + 1) 3^j, j = 0 to 4, so 121 is five zeros. Trit j is 0 when
// nonzero[j] is low, else -1 when negative[j] is high and 1 when it is low; negative[j] is low for
// a zero. Bytes above 242 stand for nothing and decode to zeros.
//
// Each output bit is one 256-bit constant indexed by the byte: 4 LUT6 and their muxes on Xilinx,
// less than any chain of divisions by three, and no DSP block that a multiplication would invite.
`default_nettype none

module sterna_trits_base3 (
    input  wire [7:0] code_byte,
    output wire [4:0] nonzero,
    output wire [4:0] negative
);

  // Bit `code` of the result: digit number `place` of b is `digit`.
  function [255:0] bytes_with(input integer place, input integer digit);
    integer code;
    integer power;
    begin
      bytes_with = 256'd0;
      power = 1;
      for (code = 0; code < place; code = code + 1) power = power * 3;
      for (code = 0; code < 243; code = code + 1) begin
        if ((code / power) % 3 == digit) bytes_with[code] = 1'b1;
      end
    end
  endfunction

  genvar j;
  generate
    for (j = 0; j < 5; j = j + 1) begin : trit
      localparam [255:0] MINUS = bytes_with(j, 0);
      localparam [255:0] PLUS = bytes_with(j, 2);
      localparam [255:0] EITHER = MINUS | PLUS;
      assign nonzero[j] = EITHER[code_byte];
      assign negative[j] = MINUS[code_byte];
    end
  endgenerate

endmodule

`default_nettype wire
