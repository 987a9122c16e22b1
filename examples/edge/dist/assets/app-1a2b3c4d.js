const response = await fetch("/api/notes");
const notes = await response.json();
document.querySelector("#notes").textContent = notes.map((note) => note.text).join("\n");
