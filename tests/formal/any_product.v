// Takes the place of a multiplication: any value. Where module and harness multiply the same
// registers Yosys keeps one multiplication of two, and this makes it one unknown: what is proved
// of every value is true of the product. Were they to multiply different things there would be two
// unknowns, and the check would fail.
(* techmap_celltype = "$mul" *)
module any_product #(
    parameter A_SIGNED = 0,
    parameter B_SIGNED = 0,
    parameter A_WIDTH  = 1,
    parameter B_WIDTH  = 1,
    parameter Y_WIDTH  = 1
) (
    input  [A_WIDTH-1:0] A,
    input  [B_WIDTH-1:0] B,
    output [Y_WIDTH-1:0] Y
);

  \$anyseq #(
      .WIDTH(Y_WIDTH)
  ) any (
      .Y(Y)
  );

endmodule
