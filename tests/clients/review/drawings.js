// Runs in a page with Fabric.js: drawings as reviewers make them, and what Fabric.js shows of them.
// The sheets that people drew on were 800 by 450 pixels; frames are larger.
const SHEET = { width: 800, height: 450 };

// A line whose width follows the pressure of a pen.
fabric.Psstroke = fabric.util.createClass(fabric.Object, {
  type: "psstroke",
  initialize(options) {
    this.callSuper("initialize", options);
    this.strokePoints = options.strokePoints;
    const [xs, ys] = ["x", "y"].map((axis) => this.strokePoints.map((point) => point[axis]));
    const [left, top] = [Math.min(...xs), Math.min(...ys)];
    const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
    this.pathOffset = options.pathOffset ?? { x: left + width / 2, y: top + height / 2 };
    this.set({ width, height, left: options.left ?? left - this.strokeWidth / 2, top: options.top ?? top - this.strokeWidth / 2 });
  },
  _render(sheet) {
    sheet.translate(-this.pathOffset.x, -this.pathOffset.y);
    sheet.strokeStyle = this.stroke;
    sheet.lineCap = sheet.lineJoin = "round";
    for (let at = 1; at < this.strokePoints.length; at++) {
      const [from, to] = [this.strokePoints[at - 1], this.strokePoints[at]];
      sheet.lineWidth = (this.strokeWidth * (from.pressure + to.pressure)) / 2;
      sheet.beginPath();
      sheet.moveTo(from.x, from.y);
      sheet.lineTo(to.x, to.y);
      sheet.stroke();
    }
  },
  toObject(keys = []) {
    return this.callSuper("toObject", ["strokePoints", "pathOffset", ...keys]);
  },
});
fabric.Psstroke.fromObject = (object, callback) => callback(new fabric.Psstroke(object));

// A line with a head at its end.
fabric.Arrow = fabric.util.createClass(fabric.Line, {
  type: "arrow",
  _render(sheet) {
    const { x1, y1, x2, y2 } = this.calcLinePoints();
    const back = Math.atan2(y1 - y2, x1 - x2);
    const side = (turn) => [x2 + 15 * Math.cos(back + turn), y2 + 15 * Math.sin(back + turn)];
    sheet.beginPath();
    sheet.moveTo(x1, y1);
    sheet.lineTo(x2, y2);
    sheet.moveTo(...side(-Math.PI / 6));
    sheet.lineTo(x2, y2);
    sheet.lineTo(...side(Math.PI / 6));
    sheet.lineWidth = this.strokeWidth;
    sheet.strokeStyle = this.stroke;
    this._renderStroke(sheet);
  },
});
fabric.Arrow.fromObject = (object, callback) => {
  const { x1, y1, x2, y2, ...options } = object;
  callback(new fabric.Arrow([x1, y1, x2, y2], { ...options, left: object.left, top: object.top }));
};

// What the pencil makes of a hand's way over the sheet.
function scribble(width) {
  const canvas = new fabric.Canvas(document.createElement("canvas"), { ...SHEET, isDrawingMode: true });
  const brush = new fabric.PencilBrush(canvas);
  Object.assign(brush, { color: "#ff3860", width });
  let drawn;
  canvas.on("path:created", ({ path }) => (drawn = path));
  const event = { e: {} };
  brush.onMouseDown(new fabric.Point(120, 200), event);
  for (let step = 1; step < 60; step++)
    brush.onMouseMove(new fabric.Point(120 + step * 9, 200 + 90 * Math.sin(step / 5)), event);
  brush.onMouseUp(event);
  return drawn;
}

function pressed() {
  const strokePoints = Array.from({ length: 50 }, (_, at) => ({
    x: 150 + at * 9,
    y: 220 + 70 * Math.cos(at / 6),
    pressure: 0.3 + 0.7 * Math.abs(Math.sin(at / 8)),
  }));
  return new fabric.Psstroke({ strokePoints, stroke: "#00b89c", strokeWidth: 14, fill: null });
}

const placed = (options) => ({ left: 250, top: 120, stroke: "#ff3860", strokeWidth: 6, fill: "transparent", ...options });
const star = [[0, -90], [25, -30], [90, -25], [40, 20], [60, 90], [0, 50], [-60, 90], [-40, 20], [-90, -25], [-25, -30]];
const points = star.map(([x, y]) => ({ x: x + 400, y: y + 220 }));
const words = { left: 180, top: 150, fill: "#ff3860", fontSize: 60, fontFamily: "DejaVu Sans" };

const DRAWINGS = {
  "a pencil": () => [scribble(4)],
  "a thick pencil": () => [scribble(22)],
  "a pen under pressure": () => [pressed()],
  "a rectangle": () => [new fabric.Rect(placed({ width: 220, height: 130 }))],
  "a filled, turned rectangle": () => [new fabric.Rect(placed({ width: 220, height: 130, angle: 25, fill: "rgba(0,120,255,0.5)" }))],
  "a rectangle with round corners": () => [new fabric.Rect(placed({ width: 220, height: 130, rx: 25, ry: 25 }))],
  "a circle": () => [new fabric.Circle(placed({ radius: 80 }))],
  "an ellipse around its middle": () =>
    [new fabric.Ellipse(placed({ rx: 140, ry: 60, originX: "center", originY: "center", left: 400, top: 220, angle: -20 }))],
  "a triangle": () => [new fabric.Triangle(placed({ width: 160, height: 140, fill: "#ffdd57" }))],
  "a line": () => [new fabric.Line([150, 80, 620, 330], placed({ left: 150, top: 80, strokeLineCap: "round" }))],
  "an arrow": () => [new fabric.Arrow([150, 330, 620, 80], placed({ left: 150, top: 80 }))],
  "a polyline": () => [new fabric.Polyline(points, placed({ left: 280, top: 110 }))],
  "a polygon": () => [new fabric.Polygon(points, placed({ left: 280, top: 110, fill: "lime", strokeLineJoin: "round" }))],
  "dashes": () => [new fabric.Rect(placed({ width: 260, height: 150, strokeDashArray: [24, 12] }))],
  "something stretched": () => [new fabric.Circle(placed({ radius: 50, scaleX: 2.5, scaleY: 0.9, angle: 15 }))],
  "something stretched with an even line": () =>
    [new fabric.Rect(placed({ width: 60, height: 60, scaleX: 4, scaleY: 2, strokeUniform: true }))],
  "something mirrored and slanted": () => [new fabric.Polygon(points, placed({ left: 280, top: 110, flipX: true, skewX: 20 }))],
  "something see-through": () => [new fabric.Rect(placed({ width: 220, height: 130, fill: "#3273dc", opacity: 0.4 })), scribble(10)],
  "a turned group": () => {
    const members = [new fabric.Rect(placed({ width: 120, height: 80 })), new fabric.Circle(placed({ left: 330, top: 160, radius: 50, fill: "#ffdd57" }))];
    return [new fabric.Group(members, { angle: 30, scaleX: 1.4, left: 330, top: 60 })];
  },
  "a text": () => [new fabric.IText("Slower!", words)],
  "a text of two lines": () => [new fabric.IText("Slower\nin the pan", { ...words, textAlign: "center", angle: 10 })],
  "a text that wraps": () => [new fabric.Textbox("Enormously unexpected slowness", { ...words, width: 330, fontSize: 44 })],
};

// The stored form of a drawing.
function stored(name) {
  const extra = { canvasWidth: SHEET.width, canvasHeight: SHEET.height };
  return DRAWINGS[name]().map((object, at) => ({ ...object.toObject(), id: `${name} ${at}`, ...extra }));
}

// The picture that Fabric.js makes of stored objects, on white, at the size of a frame.
async function fabricShows(objects, width, height) {
  const canvas = new fabric.StaticCanvas(document.createElement("canvas"), { width, height, backgroundColor: "white" });
  await new Promise((resolve) => canvas.loadFromJSON({ objects }, resolve));
  canvas.backgroundColor = "white";
  canvas.setViewportTransform([width / SHEET.width, 0, 0, height / SHEET.height, 0, 0]);
  canvas.renderAll();
  return canvas.getContext().getImageData(0, 0, width, height);
}

async function decoded(source) {
  const answer = await fetch(source);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  const bitmap = await createImageBitmap(await answer.blob());
  const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
  const sheet = canvas.getContext("2d");
  sheet.drawImage(bitmap, 0, 0);
  return sheet.getImageData(0, 0, bitmap.width, bitmap.height);
}

// The share of the drawn pixels that have nothing like them within a pixel on the other picture, and how far the
// edges of the two drawings are apart.
function difference(one, other) {
  const { width, height } = one;
  const close = (a, b, at, to) => [0, 1, 2].every((part) => Math.abs(a.data[at + part] - b.data[to + part]) <= 60);
  const isInk = (picture, at) => [0, 1, 2].some((part) => picture.data[at + part] < 250);
  const box = () => ({ left: width, top: height, right: 0, bottom: 0 });
  const boxes = [box(), box()];
  let ink = 0;
  let strange = 0;
  for (let y = 1; y < height - 1; y++)
    for (let x = 1; x < width - 1; x++) {
      const at = 4 * (y * width + x);
      [one, other].forEach((picture, which) => {
        if (!isInk(picture, at)) return;
        const edges = boxes[which];
        edges.left = Math.min(edges.left, x);
        edges.right = Math.max(edges.right, x);
        edges.top = Math.min(edges.top, y);
        edges.bottom = Math.max(edges.bottom, y);
      });
      if (!isInk(one, at) && !isInk(other, at)) continue;
      ink += 1;
      if (close(one, other, at, at)) continue;
      const near = (a, b) => [-1, 0, 1].some((down) => [-1, 0, 1].some((across) => close(a, b, at, at + 4 * (down * width + across))));
      if (!near(one, other) || !near(other, one)) strange += 1;
    }
  const edges = Math.max(...Object.keys(boxes[0]).map((side) => Math.abs(boxes[0][side] - boxes[1][side])));
  return { ink, share: ink ? strange / ink : 1, edges };
}

async function compare(objects, source) {
  const frame = await decoded(source);
  return { ...difference(await fabricShows(objects, frame.width, frame.height), frame), width: frame.width };
}
