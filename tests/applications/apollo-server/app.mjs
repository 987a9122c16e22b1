import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { GraphQLError } from "graphql";

const books = [{ title: "Notes", author: { name: "Ada" } }];
const server = new ApolloServer({
  typeDefs: `#graphql
    type Author { name: String! }
    type Book { title: String!, author: Author! }
    type Query { books(limit: Int): [Book!]!, me: String! }
    type Mutation { addBook(title: String!, author: String!): Book! }
  `,
  resolvers: {
    Query: {
      books: (_, { limit }) => books.slice(0, limit),
      me: (_, __, { user }) => {
        if (user === undefined)
          throw new GraphQLError("who?", {
            extensions: { code: "UNAUTHENTICATED", http: { status: 401 } },
          });
        return user;
      },
    },
    Mutation: {
      addBook: (_, { title, author }) => {
        const book = { title, author: { name: author } };
        books.push(book);
        return book;
      },
    },
  },
});

const { url } = await startStandaloneServer(server, {
  context: async ({ req }) => ({ user: req.headers.authorization }),
  listen: { port: Number(process.env.PORT), host: "127.0.0.1" },
});
console.log(`ready at ${url}`);
