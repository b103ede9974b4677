//! Symbols for the targets: data codewords with right error correction, as modules.

use datamatrix::SymbolList;
use datamatrix::errorcode::encode_error;
use datamatrix::placement::MatrixMap;
use vidimus::vision::decode::placement;
use vidimus::vision::size::Size;

/// Data codewords followed by their error correction, made by another's encoder.
pub fn with_ecc(size: &Size, data: &[u8]) -> Vec<u8> {
    let shape = |foreign| {
        let bitmap = MatrixMap::<bool>::new(foreign).bitmap();
        (bitmap.height(), bitmap.width())
    };
    let foreign = SymbolList::all()
        .iter()
        .find(|foreign| shape(*foreign) == (size.rows, size.columns));
    let ecc = encode_error(data, foreign.expect("a size of the standard"));
    [data, &ecc].concat()
}

/// All modules of a symbol, row by row, finders and clock tracks included; true is dark.
pub fn modules(size: &Size, codewords: &[u8]) -> Vec<bool> {
    let mut modules = Vec::new();
    placement(size).write_modules(codewords, &mut modules);
    modules
}
