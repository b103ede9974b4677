// Draws every label of a list, one after the other in one process: `node render_zpl.cjs LIST`, where each line of LIST
// is a file of ZPL, its width and height in millimetres and its dots per millimetre, with tabs between. FILE.png is the
// drawing.
const fs = require("fs");
const { ready } = require("zpl-renderer-js");

async function main() {
  const { api } = await ready;
  for (const line of fs.readFileSync(process.argv[2], "utf8").trim().split("\n")) {
    const [file, width, height, dpmm] = line.split("\t");
    const zpl = fs.readFileSync(file, "utf8");
    const drawn = await api.zplToBase64MultipleAsync(zpl, Number(width), Number(height), Number(dpmm));
    if (drawn.length !== 1) throw new Error(`${file}: ${drawn.length} labels were drawn, and one was meant`);
    fs.writeFileSync(`${file}.png`, Buffer.from(drawn[0], "base64"));
  }
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
