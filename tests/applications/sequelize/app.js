const http = require("node:http");
const { DataTypes, Op, Sequelize } = require("sequelize");

const sequelize = new Sequelize(process.env.DATABASE_URL, { logging: false });
const Author = sequelize.define("author", {
  name: { type: DataTypes.TEXT, unique: true, allowNull: false, validate: { len: [2, 20] } },
  about: DataTypes.JSONB,
});
const Book = sequelize.define("book", { title: DataTypes.TEXT, pages: DataTypes.INTEGER });
Author.hasMany(Book);
Book.belongsTo(Author);

const routes = {
  "/create": async () => {
    const books = [
      { title: "Notes", pages: 200 },
      { title: "Letters", pages: 300 },
    ];
    const given = { name: "Ada", about: { born: 1815 }, books };
    const { id, name, books: made } = await Author.create(given, { include: Book });
    return { id, name, books: made.map(({ title }) => title) };
  },
  "/find": () =>
    Author.findAll({
      attributes: ["name", "about"],
      include: { model: Book, attributes: ["title"], where: { pages: { [Op.gt]: 250 } } },
    }),
  "/change": async () => {
    const author = await Author.findOne({ where: { name: "Ada" } });
    await author.update({ about: { died: 1852 } });
    return (await author.reload()).about;
  },
  "/undone": async () => {
    const error = await sequelize
      .transaction(async (transaction) => {
        await Book.destroy({ where: {}, transaction });
        throw new Error("not so");
      })
      .catch(({ message }) => message);
    return { error, left: await Book.count() };
  },
  "/invalid": () => Author.create({ name: "A" }).catch(({ name }) => name),
  "/twice": () => Author.create({ name: "Ada" }).catch(({ name }) => name),
};

const server = http.createServer(async (request, response) => {
  try {
    response.end(JSON.stringify(await routes[request.url]()));
  } catch (error) {
    response.writeHead(500).end(error.stack);
  }
});

sequelize.sync({ force: true }).then(() => server.listen(process.env.PORT, "127.0.0.1"));
