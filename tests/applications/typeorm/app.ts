import "reflect-metadata";
import http from "node:http";
import {
  Column,
  DataSource,
  Entity,
  ManyToOne,
  MoreThan,
  OneToMany,
  PrimaryGeneratedColumn,
  type Relation,
} from "typeorm";

@Entity()
class Author {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column("text", { unique: true })
  name!: string;

  @Column("jsonb", { nullable: true })
  about?: object;

  @OneToMany(
    () => Book,
    (book) => book.author,
    { cascade: true },
  )
  books!: Book[];
}

@Entity()
class Book {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column("text")
  title!: string;

  @Column("integer")
  pages!: number;

  @ManyToOne(
    () => Author,
    (author) => author.books,
  )
  author!: Relation<Author>;
}

const source = new DataSource({
  type: "postgres",
  url: process.env.DATABASE_URL,
  entities: [Author, Book],
  synchronize: true,
  dropSchema: true,
});
await source.initialize();
const authors = source.getRepository(Author);
const books = source.getRepository(Book);

const routes: Record<string, () => Promise<unknown>> = {
  "/save": () =>
    authors.save({
      name: "Ada",
      about: { born: 1815 },
      books: [
        { title: "Notes", pages: 200 },
        { title: "Letters", pages: 300 },
      ],
    }),
  "/find": () =>
    authors.find({
      relations: { books: true },
      where: { books: { pages: MoreThan(250) } },
    }),
  "/query": () =>
    books
      .createQueryBuilder("book")
      .innerJoin("book.author", "author")
      .select("author.name", "name")
      .addSelect("sum(book.pages)::int", "pages")
      .groupBy("author.name")
      .getRawMany(),
  "/undone": async () => {
    const error = await source
      .transaction(async (inner) => {
        await inner.createQueryBuilder().delete().from(Book).execute();
        throw new Error("not so");
      })
      .catch(({ message }) => message);
    return { error, left: await books.count() };
  },
  "/twice": async () => authors.insert({ name: "Ada" }).catch(({ name, code }) => ({ name, code })),
};

http
  .createServer(async (request, response) => {
    try {
      response.end(JSON.stringify(await routes[request.url ?? ""]()));
    } catch (error) {
      response.writeHead(500).end(String((error as Error).stack));
    }
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
